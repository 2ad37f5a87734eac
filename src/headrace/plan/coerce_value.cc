// See coerce_value.h.
#include "headrace/plan/coerce_value.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "headrace/column/calendar.h"
#include "headrace/column/decimal.h"
#include "headrace/column/number_text.h"

namespace headrace {
namespace {

template <typename T>
std::optional<Value> as_integer(const Value& value, const Type& type) {
  if (!value.type.is_integer()) return std::nullopt;
  bool fits = value.as_int() >= std::numeric_limits<T>::min() && value.as_int() <= std::numeric_limits<T>::max();
  return fits ? std::optional(Value{type, value.as_int()}) : std::nullopt;
}

std::optional<double> as_double(const Value& value) {
  if (value.type.is_integer()) return static_cast<double>(value.as_int());
  if (value.type.is_floating()) return value.as_double();
  return std::nullopt;
}

/// The decimal that `text` is exactly.
std::optional<Value> decimal_from_text(const std::string& text, const Type& type) {
  std::optional<Int128> unscaled = parse_decimal(text, type.precision(), type.scale());
  if (!unscaled) return std::nullopt;
  std::optional<NumberText> given = split_number(text);
  std::optional<NumberText> kept = split_number(format_decimal(*unscaled, type.scale()));
  bool exact = given && kept && given->digits == kept->digits && (given->digits.empty() || given->point == kept->point);
  return exact ? std::optional(Value{type, *unscaled}) : std::nullopt;
}

std::optional<Value> as_decimal(const Value& value, const Type& type) {
  if (value.type.is_integer()) return decimal_from_text(fmt::format("{}", value.as_int()), type);
  bool finite = value.type.is_floating() && std::isfinite(value.as_double());
  return finite ? decimal_from_text(fmt::format("{}", value.as_double()), type) : std::nullopt;
}

std::optional<Value> from_text(const std::string& text, const Type& type) {
  switch (type.kind()) {
    case TypeKind::kString:
    case TypeKind::kBinary: return Value{type, text};
    case TypeKind::kDecimal128: return decimal_from_text(text, type);
    case TypeKind::kDate: {
      std::optional<std::int32_t> days = parse_date(text);
      return days ? std::optional(Value{type, std::int64_t{*days}}) : std::nullopt;
    }
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: {
      std::optional<ParsedTimestamp> parsed = parse_timestamp(text);
      bool good = parsed && !(parsed->has_zone && type.kind() == TypeKind::kTimestampNtz);
      return good ? std::optional(Value{type, parsed->micros}) : std::nullopt;
    }
    default: return std::nullopt;
  }
}

}  // namespace

std::optional<Value> coerce_value(const Value& value, const Type& type) {
  if (value.is_null()) return std::nullopt;
  if (value.type == type) return value;
  if (value.type.kind() == TypeKind::kString) return from_text(value.as_string(), type);
  switch (type.kind()) {
    case TypeKind::kInt8: return as_integer<std::int8_t>(value, type);
    case TypeKind::kInt16: return as_integer<std::int16_t>(value, type);
    case TypeKind::kInt32: return as_integer<std::int32_t>(value, type);
    case TypeKind::kInt64: return as_integer<std::int64_t>(value, type);
    case TypeKind::kFloat32:
    case TypeKind::kFloat64: {
      std::optional<double> number = as_double(value);
      if (!number) return std::nullopt;
      return Value{type, type.kind() == TypeKind::kFloat32 ? double{static_cast<float>(*number)} : *number};
    }
    case TypeKind::kDecimal128: return as_decimal(value, type);
    default: return std::nullopt;
  }
}

bool is_greater(const Value& a, const Value& b) {
  if (a.is_null() || b.is_null() || a.data.index() != b.data.index()) return false;
  if (std::holds_alternative<std::int64_t>(a.data)) return a.as_int() > b.as_int();
  if (std::holds_alternative<double>(a.data)) return a.as_double() > b.as_double();
  if (std::holds_alternative<Int128>(a.data)) return std::get<Int128>(a.data) > std::get<Int128>(b.data);
  if (std::holds_alternative<std::string>(a.data)) return a.as_string() > b.as_string();
  return false;
}

}  // namespace headrace
