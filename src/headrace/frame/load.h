// Pipelines from files, and the texts of the reference.
#pragma once

#include <map>
#include <string>

#include "headrace/plan/pipeline.h"

namespace headrace {

/// Reads a pipeline file; `set` overrides its parameters. Relative paths in it are relative to its folder.
/// Throws Error(kNotFound) when the file is missing, Error(kInvalidPipeline) with line and column when it is wrong.
Pipeline read_pipeline(const std::string& file, const std::map<std::string, std::string>& set = {});

/// The reference of "pipeline", "functions" or "transforms" as Markdown, or "pipeline-schema" as JSON Schema.
std::string reference_text(const std::string& topic);

/// One worker a processor that this process may run on.
std::size_t default_thread_count();

}  // namespace headrace
