// The tree of a pipeline file, before anything is known about pipelines: maps, lists and scalars with their places.
//
// yaml-cpp reads the syntax and hands over events; config.cc makes this tree of them and is the only file that knows
// the library. What plain scalars mean is decided here, by the core schema of YAML 1.2 (config_scalar.cc), because
// libraries differ in it: null ~ true false 12 0o14 0xC 1.5e3 .inf .nan, each as the schema spells it, and everything
// else, `on`, `no` and 2013-01-01 among it, is a string, as is everything in quotes. `010` is ten.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "headrace/column/value.h"
#include "headrace/plan/place.h"

namespace headrace {

struct ConfigEntry;

struct ConfigNode {
  enum class Kind { kScalar, kList, kMap };

  Kind kind = Kind::kScalar;
  FilePlace place;
  Value scalar;                      // kScalar: null, bool, int64, float64 or string
  std::string text;                  // kScalar: as written, without quotes
  bool quoted = false;               // kScalar: in quotes or a block
  bool is_parameter = false;         // kScalar: was wholly a ${parameter}: good as its typed value and as its text
  std::vector<ConfigNode> items;     // kList
  std::vector<ConfigEntry> entries;  // kMap, in the order written

  bool is_null() const { return kind == Kind::kScalar && scalar.is_null(); }
  bool is_string() const { return kind == Kind::kScalar && (is_parameter || scalar.type.kind() == TypeKind::kString); }
  bool is_list() const { return kind == Kind::kList; }
  bool is_map() const { return kind == Kind::kMap; }
  /// The value of `key` in a map, or nullptr.
  const ConfigNode* find(std::string_view key) const;
};

struct ConfigEntry {
  std::string key;
  FilePlace place;  // of the key
  ConfigNode value;
};

/// What one file may hold: beyond any pipeline a person writes, and small enough to be read in no time.
struct ConfigLimits {
  std::size_t file_bytes_max = std::size_t{4} << 20;
  std::size_t node_count_max = 100000;  // values, with those that anchors keep and aliases repeat
  std::size_t depth_max = 64;
};

/// Reads one YAML document. Throws Error(kInvalidPipeline), "<file>:<line>:<column>: …", on wrong syntax, tags, a
/// second document, a key that stands twice in a map, an alias inside its own anchor, and beyond `limits`.
ConfigNode parse_config(std::string_view yaml, const std::string& file, const ConfigLimits& limits = {});

/// What a plain scalar means by the core schema. Empty for a number that int64 or float64 cannot hold.
std::optional<Value> resolve_plain_scalar(std::string_view text);

/// "the integer 12", "a list", "the string 'abc'", for messages about what was found.
std::string describe(const ConfigNode& node);

}  // namespace headrace
