// A pipeline as Python holds it.
#pragma once

#include <map>
#include <string>

#include "headrace/python/running.h"

namespace headrace {

/// A pipeline, with the rows in memory that its sources stand for.
struct PythonPipeline {
  Pipeline pipeline;
  MemorySources memory;
  std::map<std::string, std::string> parameters = {};  // that were set when a file was read
};

/// The options of a run of it.
RunOptions options_of(const PythonPipeline& self, Work& work, const std::string& state);

}  // namespace headrace
