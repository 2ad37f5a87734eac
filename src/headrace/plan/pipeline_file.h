// The pipeline file: YAML in, YAML out, and the one table of its keys.
//
// The YAML subset is the 1.2 core schema: `on`, `no`, `off` are strings, 1e3 is a number, 010 is ten. Anchors and merge
// keys are accepted; tags, several documents and duplicate keys are refused. Unknown keys are errors with "did you
// mean". The keys, their types, defaults and texts stand in kSections (pipeline_keys.cc), from which the parser's
// checks, the JSON Schema and docs/reference/pipeline.md are all made.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "headrace/plan/pipeline.h"

namespace headrace {

/// Parses a pipeline. `file` names it in messages, and relative paths in it are joined to its folder. `set` overrides
/// declared parameters ("--set name=value"); an undeclared name is an error. `${name}` in any string of the file is
/// replaced by the parameter's text before the string is read. Throws Error(kInvalidPipeline):
/// "examples/p.yaml:12:7: unknown key 'fiter' in a step", with a hint.
Pipeline parse_pipeline(std::string_view yaml, const std::string& file,
                        const std::map<std::string, std::string>& set = {});

/// Parses one step, and one source named `name`, as the pipeline file writes them: `{filter: "a > 1"}`. Relative paths
/// stay what they are. Throws Error(kInvalidPipeline).
Step parse_step(std::string_view yaml);
SourceSpec parse_source(std::string_view yaml, const std::string& name);
/// What parse_step() and parse_source() read back to the same.
std::string to_yaml(const Step& step);
std::string to_yaml(const SourceSpec& source);

/// Adds what is made of the tables of `pipeline`, as a pipeline file writes it: contract, features, split, outputs,
/// state, quarantine, report. Throws Error(kInvalidPipeline).
void add_sections(Pipeline& pipeline, std::string_view yaml);

/// What add_sections() reads back to the same: all but sources and tables.
std::string sections_yaml(const Pipeline& pipeline);

/// The pipeline as YAML that parse_pipeline() reads back to the same pipeline.
std::string to_yaml(const Pipeline& pipeline);

/// One key of one kind of mapping in the pipeline file.
struct PipelineKey {
  std::string_view name;
  std::string_view type;  // "string", "integer", "list of expression", …
  bool required;
  std::string_view default_text;
  std::string_view doc;
  std::string_view example;
};
/// A kind of mapping: the top level, a source, a column of a source's schema, a step, …
struct PipelineSection {
  std::string_view name;
  std::string_view doc;
  std::span<const PipelineKey> keys;
};
std::span<const PipelineSection> pipeline_sections();

/// docs/reference/pipeline.md and the JSON Schema for editors, made from pipeline_sections().
std::string pipeline_reference_markdown();
std::string pipeline_json_schema();

}  // namespace headrace
