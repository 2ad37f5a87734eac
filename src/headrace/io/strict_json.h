// JSON documents from anywhere, read without trust: a key twice, deep nesting and unknown keys are refused, and each
// error says where in the document it is. For small documents about data, not for data.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace headrace {

using StrictJson = nlohmann::ordered_json;

/// Throws Error(kBadData) for what is no JSON, names a key twice or nests deeper than `depth_max`.
StrictJson parse_strict_json(std::string_view text, int depth_max);

/// An object of a document and where it is. All functions throw Error(kBadData), which names the place.
class StrictJsonObject {
 public:
  static constexpr std::size_t kTextBytesMax = 1024;

  /// Refuses what is no object and keys other than `keys`. `json` outlives this.
  StrictJsonObject(const StrictJson& json, std::string where, std::initializer_list<std::string_view> keys);

  /// Takes any keys.
  StrictJsonObject(const StrictJson& json, std::string where);

  [[noreturn]] void refuse(std::string_view key, std::string_view cause) const;
  std::size_t size() const { return json_.size(); }
  bool has(const char* key) const { return json_.contains(key); }
  /// Refuses a key that is missing.
  const StrictJson& at(const char* key) const;
  /// A text of at most kTextBytesMax without control characters.
  std::string text(const char* key) const;
  std::int64_t count(const char* key, std::int64_t min = 0) const;
  bool flag(const char* key) const;
  const StrictJson& list(const char* key) const;

 private:
  const StrictJson& json_;
  std::string where_;
};

}  // namespace headrace
