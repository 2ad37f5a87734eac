// The types of the pipeline file's keys, as the table in pipeline_keys.cc writes them.
//
//   T or T or …    alternatives, told apart by what the value is: scalar, list or map
//   T              string  integer  number  boolean  value  expression  type  transform
//                  one of a, b, c
//                  list of T/T/…      map of T/T/…
//                  the name of a section: a map with the keys of that section
//
// The parser's checks, the JSON Schema and the reference page are all made from what parse_key_type() gives.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "headrace/plan/file/config.h"
#include "headrace/plan/pipeline_file.h"

namespace headrace {

struct KeyType {
  enum class Kind {
    kString,
    kInteger,
    kNumber,
    kBoolean,
    kValue,       // any scalar
    kExpression,  // any scalar but null: the text of an expression
    kType,        // the text of a column type
    kTransform,   // a name, or a map of one name to a map of parameters
    kOneOf,
    kList,
    kMap,
    kSection,
  };
  Kind kind;
  std::vector<std::string_view> choices;     // kOneOf
  std::vector<KeyType> elements;             // kList, kMap: what their values may be
  const PipelineSection* section = nullptr;  // kSection
};

/// The alternatives that `text` names. A text that is no type is a bug of the table.
std::vector<KeyType> parse_key_type(std::string_view text);

/// The section of that name; must exist.
const PipelineSection& pipeline_section(std::string_view name);

/// "a source", "an output".
std::string with_article(std::string_view noun);

/// Checks a whole section: that `node` is a map, has no unknown and no missing key, and that every value, all the way
/// down, is of a type its key accepts. Throws Error(kInvalidPipeline) with the place, what is expected, what was found,
/// and the nearest name or an example. What passed can be read without asking again.
void check_section(const ConfigNode& node, const PipelineSection& section, const std::string& file);
/// The same of a part of a section: keys may be missing from it, though not from what it holds.
void check_section_keys(const ConfigNode& node, const PipelineSection& section, const std::string& file);

}  // namespace headrace
