// JSON with one text for one value.
//
// Keys stay in the order in which they were put. Doubles are written as the shortest decimal text that reads back to
// the same bits, always with a '.' or an exponent, so that they stay doubles; infinities and NaN, which JSON lacks,
// are the strings "inf", "-inf", "nan". Text is UTF-8, escaped only where JSON demands it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "headrace/column/value.h"

namespace headrace {

using Json = nlohmann::ordered_json;

/// The text: objects and lists of objects or lists one entry a line, lists of plain values on one line; a newline
/// ends it.
std::string canonical_json(const Json& json);

/// Reads JSON that nobody vouches for. Throws Error(kBadData) "<path>: …" for a syntax error (with its byte), invalid
/// UTF-8, a key twice in one object, or nesting deeper than 16.
Json parse_json(std::string_view text, const std::string& path);

/// "xxh3:" and the 32 hex digits of the XXH3-128 hash of `text`.
std::string text_digest(std::string_view text);

/// A double as JSON; not finite: a string.
Json json_number(double value);
/// A plain value, or a list of them, as JSON. Dates, times and decimals become their text.
Json json_value(const Value& value);

/// Whether it is an integer that std::int64_t holds.
bool is_int64(const Json& json);

/// Reads one transform's state and refuses every other form. Errors are Error(kBadData) that name transform and key.
class StateReader {
 public:
  /// Requires an object with exactly these keys, in this order.
  StateReader(const Json& state, std::string_view transform, std::initializer_list<std::string_view> keys);

  double number(std::string_view key) const;  // finite
  std::int64_t integer(std::string_view key, std::int64_t min = 0) const;
  const Json& array(std::string_view key) const;
  const Json& any(std::string_view key) const { return state_.at(std::string(key)); }
  /// Refuses the state: "'<key>' <problem>".
  [[noreturn]] void refuse(std::string_view key, std::string_view problem) const;

 private:
  const Json& state_;
  std::string_view transform_;
};

}  // namespace headrace
