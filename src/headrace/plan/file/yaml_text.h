// Writing YAML: scalars that read back as what they are, and nested maps and lists, in block or flow style.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "headrace/column/value.h"

namespace headrace {

/// `text` as a YAML scalar that is the same string, plain where that is safe in block and flow style, and with "${"
/// escaped.
std::string yaml_string(std::string_view text);

/// A bool, number, string, date, timestamp, decimal, or a list of such, as a scalar or a flow list.
std::string yaml_value(const Value& value);

/// "[a, b]" of texts that are YAML already.
std::string yaml_flow_list(const std::vector<std::string>& items);

/// A map under construction, keys in the order they are added; all values are YAML already.
class YamlMap {
 public:
  void add(std::string_view key, std::string value) { entries_.emplace_back(yaml_string(key), std::move(value)); }
  bool empty() const { return entries_.empty(); }

  /// "{a: 1, b: 2}"
  std::string flow() const;
  /// One entry a line, behind a line break; goes into another map as a value, which indents it.
  std::string block() const;

 private:
  std::vector<std::pair<std::string, std::string>> entries_;
};

/// A list of blocks, "- " before each, behind a line break.
std::string yaml_block_list(const std::vector<YamlMap>& items);

}  // namespace headrace
