// See literal_text.h.
#include "headrace/expr/literal_text.h"

#include <cstdint>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/nearest.h"
#include "headrace/column/calendar.h"
#include "headrace/column/decimal.h"
#include "headrace/column/number_text.h"
#include "headrace/expr/syntax.h"

namespace headrace {
namespace {

template <typename T>
std::optional<Value> read_integer(const Type& type, std::string_view text) {
  std::optional<std::int64_t> number = parse_int64(text);
  bool fits = number && *number >= std::numeric_limits<T>::min() && *number <= std::numeric_limits<T>::max();
  return fits ? std::optional(Value{type, *number}) : std::nullopt;
}

/// The value of type `type` that `data` holds, or nothing.
template <typename T>
std::optional<Value> value_of(const Type& type, const std::optional<T>& data) {
  return data ? std::optional(Value{type, *data}) : std::nullopt;
}

std::optional<Value> read_bool(std::string_view text) {
  std::string word = lower_ascii(text);
  if (word == "true" || word == "false") return Value::boolean(word == "true");
  return std::nullopt;
}

std::optional<Value> read_timestamp(const Type& type, std::string_view text) {
  std::optional<ParsedTimestamp> parsed = parse_timestamp(text);
  if (!parsed || (parsed->has_zone && type.kind() == TypeKind::kTimestampNtz)) return std::nullopt;
  return Value{type, parsed->micros};
}

}  // namespace

std::optional<Value> read_literal(const Type& type, std::string_view text) {
  switch (type.kind()) {
    case TypeKind::kBool: return read_bool(text);
    case TypeKind::kInt8: return read_integer<std::int8_t>(type, text);
    case TypeKind::kInt16: return read_integer<std::int16_t>(type, text);
    case TypeKind::kInt32: return read_integer<std::int32_t>(type, text);
    case TypeKind::kInt64: return read_integer<std::int64_t>(type, text);
    case TypeKind::kFloat32:
      if (std::optional<float> number = parse_float32(text)) return Value{type, double{*number}};
      return std::nullopt;
    case TypeKind::kFloat64: return value_of(type, parse_float64(text));
    case TypeKind::kDecimal128: return value_of(type, parse_decimal(text, type.precision(), type.scale()));
    case TypeKind::kString:
    case TypeKind::kBinary: return Value{type, std::string(text)};
    case TypeKind::kDate:
      if (std::optional<std::int32_t> days = parse_date(text)) return Value{type, std::int64_t{*days}};
      return std::nullopt;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return read_timestamp(type, text);
    case TypeKind::kNull:
    case TypeKind::kList:
    case TypeKind::kFixedSizeList:
    case TypeKind::kStruct: break;
  }
  return std::nullopt;
}

std::string literal_hint(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kDate: return "write a date as 2013-01-31";
    case TypeKind::kTimestamp: return "write a timestamp as 2013-01-31T06:00:00Z; without a zone it is UTC";
    case TypeKind::kTimestampNtz: return "write a timestamp_ntz as 2013-01-31T06:00:00, without a zone";
    default: return fmt::format("write a value that {} can hold", type.to_string());
  }
}

std::optional<std::string> read_hex(std::string_view text) {
  auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  };
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    int high = digit(text[i]), low = digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

std::string unknown_type_hint(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> kOtherNames[] = {
      {"tinyint", "int8"},      {"smallint", "int16"},        {"int", "int32"},
      {"integer", "int32"},     {"bigint", "int64"},          {"long", "int64"},
      {"float", "float32"},     {"real", "float32"},          {"double", "float64"},
      {"boolean", "bool"},      {"text", "string"},           {"varchar", "string"},
      {"bytes", "binary"},      {"numeric", "decimal(p, s)"}, {"decimal", "decimal(p, s)"},
      {"datetime", "timestamp"}};
  std::string lower = lower_ascii(name);
  if (lower.starts_with("decimal(")) return "decimal(p, s) takes a precision of 1 to 38 and a scale of 0 to p";
  for (const auto& [other, ours] : kOtherNames) {
    if (lower.substr(0, lower.find('(')) != other) continue;
    return fmt::format("did you mean {}? valid types: {}", ours, fmt::join(type_names(), ", "));
  }
  return name_hint(lower, type_names(), "types", 20);
}

}  // namespace headrace
