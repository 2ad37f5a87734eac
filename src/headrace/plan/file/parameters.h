// Parameters of a pipeline file: declared with a default, set from outside, replaced in every string.
//
//   parameters: {date: 2013-11-01, min_count: 20, region: null}     null: must be set
//   ... path: data/${date}.csv        min_count: ${min_count}        {min_count: "${min_count}"}
//
// A parameter keeps the type of its default. A value that is wholly ${x} becomes that typed value, even in quotes,
// because YAML wants quotes around it inside { } and [ ]; inside a longer string the parameter's text is put in. A
// default may use the parameters before it. `$${` stands for the two characters `${`. Nothing else is looked up: no
// environment.
#pragma once

#include <map>
#include <string>

#include "headrace/plan/file/config.h"

namespace headrace {

struct Parameter {
  Value value;
  std::string text;
};
using Parameters = std::map<std::string, Parameter>;

/// The parameters declared in the map `root` under "parameters", overridden by `set`. Throws Error(kInvalidPipeline)
/// for a name in `set` that is not declared, a text that is not of the parameter's type, and one without any value.
Parameters read_parameters(const ConfigNode& root, const std::map<std::string, std::string>& set,
                           const std::string& file);

/// Replaces parameters in all strings of `node`, but not below its key "parameters".
void substitute_parameters(ConfigNode& node, const Parameters& parameters, const std::string& file);

/// `text` with "${" escaped, so that substitution gives `text` back.
std::string escape_parameters(std::string_view text);

}  // namespace headrace
