// RuleCheck: what declared columns promise beside their type. See source.h.
//
// Bounds and allowed values are turned into values of the column's type once, so that the loops compare like with like.
// Each rule is checked in two passes: a branch-free one over all rows, which nearly always finds nothing, and one that
// collects. NaN is greater than any other number, as everywhere.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/column/calendar.h"
#include "headrace/column/decimal.h"
#include "headrace/column/number_text.h"
#include "headrace/io/excerpt.h"
#include "headrace/io/source.h"

namespace headrace {
namespace {

constexpr std::size_t kListedMax = 8;

// ---- Values of the rules, turned into the column's type ----

std::optional<Value> to_integer(const Value& value, const Type& type) {
  std::optional<std::int64_t> number;
  if (value.type.is_integer()) {
    number = value.as_int();
  } else if (value.type.is_floating()) {
    double d = value.as_double();
    if (d >= -0x1p63 && d < 0x1p63 && d == std::floor(d)) number = static_cast<std::int64_t>(d);
  } else if (value.type.kind() == TypeKind::kDecimal128) {
    Int128 unscaled = std::get<Int128>(value.data);
    Int128 unit = power_of_ten(value.type.scale());
    Int128 whole = unscaled / unit;
    if (whole * unit == unscaled && whole == static_cast<std::int64_t>(whole))
      number = static_cast<std::int64_t>(whole);
  }
  if (!number) return std::nullopt;
  std::int64_t limit = std::int64_t{1} << (type.value_bytes() * 8 - 1 - (type.value_bytes() == 8 ? 1 : 0));
  bool fits = type.value_bytes() == 8 || (*number >= -limit && *number < limit);
  return fits ? std::optional(Value{type, *number}) : std::nullopt;
}

std::optional<Value> to_floating(const Value& value, const Type& type) {
  if (value.type.is_integer()) return Value{type, static_cast<double>(value.as_int())};
  if (value.type.is_floating()) return Value{type, value.as_double()};
  if (value.type.kind() != TypeKind::kDecimal128) return std::nullopt;
  return Value{type, decimal_to_double(std::get<Int128>(value.data), value.type.scale())};
}

/// Exact or not at all: a bound of 0.125 cannot be held by decimal(10, 2).
std::optional<Value> to_decimal(const Value& value, const Type& type) {
  std::string text;
  if (value.type.is_integer()) text = std::to_string(value.as_int());
  if (value.type.is_floating()) text = format_float64(value.as_double());
  if (value.type.kind() == TypeKind::kDecimal128) {
    text = format_decimal(std::get<Int128>(value.data), value.type.scale());
  }
  std::optional<NumberText> parts = split_number(text);
  if (!parts || static_cast<std::int64_t>(parts->digits.size()) - parts->point > type.scale()) return std::nullopt;
  std::optional<Int128> unscaled = parse_decimal(text, type.precision(), type.scale());
  return unscaled ? std::optional(Value{type, *unscaled}) : std::nullopt;
}

std::optional<Value> to_time(const Value& value, const Type& type) {
  bool is_date = type.kind() == TypeKind::kDate;
  if (value.type == type) return value;
  if (value.type.kind() == TypeKind::kDate && !is_date) return Value{type, value.as_int() * kMicrosPerDay};
  if (value.type.kind() != TypeKind::kString) return std::nullopt;
  if (is_date) {
    std::optional<std::int32_t> days = parse_date(value.as_string());
    return days ? std::optional(Value{type, std::int64_t{*days}}) : std::nullopt;
  }
  std::optional<ParsedTimestamp> parsed = parse_timestamp(value.as_string());
  if (!parsed || (parsed->has_zone && type.kind() == TypeKind::kTimestampNtz)) return std::nullopt;
  return Value{type, parsed->micros};
}

std::optional<Value> to_type(const Value& value, const Type& type) {
  if (value.is_null()) return std::nullopt;
  if (type.is_integer()) return to_integer(value, type);
  if (type.is_floating()) return to_floating(value, type);
  if (type.kind() == TypeKind::kDecimal128) return to_decimal(value, type);
  if (type.kind() == TypeKind::kDate || type.is_timestamp()) return to_time(value, type);
  if (type.is_binary_like() && value.type.is_binary_like()) return Value{type, value.as_string()};
  if (type.kind() == TypeKind::kBool && value.type.kind() == TypeKind::kBool) return value;
  return std::nullopt;
}

/// A value without its type's name, for messages: 200, 0.5, 'AA', 2013-01-01.
std::string plain_text(const Value& value) {
  switch (value.type.kind()) {
    case TypeKind::kBool: return value.as_bool() ? "true" : "false";
    case TypeKind::kFloat32:
    case TypeKind::kFloat64: {
      bool is_single = value.type.kind() == TypeKind::kFloat32;
      std::string text =
          is_single ? format_float32(static_cast<float>(value.as_double())) : format_float64(value.as_double());
      return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
    }
    case TypeKind::kDecimal128: return format_decimal(std::get<Int128>(value.data), value.type.scale());
    case TypeKind::kString:
    case TypeKind::kBinary: return excerpt(value.as_string());
    case TypeKind::kDate: return format_date(value.as_int());
    case TypeKind::kTimestamp: return format_timestamp(value.as_int()) + "Z";
    case TypeKind::kTimestampNtz: return format_timestamp(value.as_int());
    default: return value.type.is_integer() ? std::to_string(value.as_int()) : value.to_string();
  }
}

Value converted(const Value& value, const Field& field, std::string_view what) {
  if (field.type.is_nested()) {
    throw Error(ErrorCode::kInvalidPipeline,
                fmt::format("column '{}' is a {}, which cannot have {}", field.name, field.type.to_string(), what),
                "min, max and allowed are for columns of single values");
  }
  std::optional<Value> result = to_type(value, field.type);
  if (result) return *std::move(result);
  throw Error(ErrorCode::kInvalidPipeline,
              fmt::format("{} of column '{}' is {}, which is no value of type {}", what, field.name, value.to_string(),
                          field.type.to_string()),
              fmt::format("give a value that a column of type {} can hold", field.type.to_string()));
}

// ---- The loops ----

using Report = std::vector<RuleCheck::Violation>;

/// Calls visit(storage type tag) for the storage of a type with bounds.
template <typename T>
T stored(const Value& value) {
  if constexpr (std::is_same_v<T, Int128>) {
    return std::get<Int128>(value.data);
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(value.as_double());
  } else if constexpr (std::is_same_v<T, std::string_view>) {
    return value.as_string();
  } else {
    if (value.type.kind() == TypeKind::kBool) return static_cast<T>(value.as_bool() ? 1 : 0);
    return static_cast<T>(value.as_int());
  }
}

template <typename T>
bool is_less(const T& a, const T& b) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::isnan(b) ? !std::isnan(a) : a < b;
  } else {
    return a < b;
  }
}

template <typename T>
bool is_outside(const T& value, const std::optional<T>& min, const std::optional<T>& max) {
  return (min && is_less(value, *min)) || (max && is_less(*max, value));
}

/// Whether no value, those under nulls included, is outside. A plain loop without branches for the compiler to
/// vectorise.
template <typename T>
bool all_inside(std::span<const T> values, const std::optional<T>& min, const std::optional<T>& max) {
  unsigned outside = 0;
  if (min) {
    T low = *min;
    for (T value : values) outside |= static_cast<unsigned>(!(value >= low));  // NaN counts as outside: looked at again
  }
  if (max) {
    T high = *max;
    for (T value : values) outside |= static_cast<unsigned>(!(value <= high));
  }
  return outside == 0;
}

/// Reports the rows whose value, given by value_of(row), is out of range or not allowed.
template <typename T, typename ValueOf>
void check_values(const Column& column, const ColumnRule& rule, std::size_t rule_index, ValueOf value_of,
                  Report& report) {
  std::optional<T> min;
  std::optional<T> max;
  if (rule.min) min = stored<T>(*rule.min);
  if (rule.max) max = stored<T>(*rule.max);
  std::vector<T> allowed;
  for (const Value& value : rule.allowed) allowed.push_back(stored<T>(value));
  std::sort(allowed.begin(), allowed.end(), is_less<T>);
  if constexpr (!std::is_same_v<T, std::string_view>) {
    if (allowed.empty() && all_inside(column.values<T>(), min, max)) return;
  }
  for (std::int64_t row = 0; row < column.length(); ++row) {
    if (column.is_null(row)) continue;
    T value = value_of(row);
    if (is_outside(value, min, max)) {
      report.push_back({row, rule_index, "range"});
    } else if (!allowed.empty() && !std::binary_search(allowed.begin(), allowed.end(), value, is_less<T>)) {
      report.push_back({row, rule_index, "allowed"});
    }
  }
}

template <typename T>
void check_fixed(const Column& column, const ColumnRule& rule, std::size_t rule_index, Report& report) {
  const T* values = column.values<T>().data();
  check_values<T>(column, rule, rule_index, [&](std::int64_t row) { return values[row]; }, report);
}

void check_column(const Column& column, const ColumnRule& rule, std::size_t rule_index, Report& report) {
  if (!rule.nullable && column.validity() != nullptr) {
    for (std::int64_t row = 0; row < column.length(); ++row) {
      if (column.is_null(row)) report.push_back({row, rule_index, "null"});
    }
  }
  if (!rule.min && !rule.max && rule.allowed.empty()) return;
  switch (column.type().kind()) {
    case TypeKind::kBool: return check_fixed<std::uint8_t>(column, rule, rule_index, report);
    case TypeKind::kInt8: return check_fixed<std::int8_t>(column, rule, rule_index, report);
    case TypeKind::kInt16: return check_fixed<std::int16_t>(column, rule, rule_index, report);
    case TypeKind::kInt32:
    case TypeKind::kDate: return check_fixed<std::int32_t>(column, rule, rule_index, report);
    case TypeKind::kInt64:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return check_fixed<std::int64_t>(column, rule, rule_index, report);
    case TypeKind::kFloat32: return check_fixed<float>(column, rule, rule_index, report);
    case TypeKind::kFloat64: return check_fixed<double>(column, rule, rule_index, report);
    case TypeKind::kDecimal128: return check_fixed<Int128>(column, rule, rule_index, report);
    case TypeKind::kString:
    case TypeKind::kBinary:
      return check_values<std::string_view>(
          column, rule, rule_index, [&](std::int64_t row) { return column.string_at(row); }, report);
    case TypeKind::kNull:
    case TypeKind::kList:
    case TypeKind::kFixedSizeList:
    case TypeKind::kStruct: break;
  }
  HEADRACE_CHECK(false && "bounds on a column without single values");
}

/// Whether `b` is less than `a`, both of the column's type.
bool is_reversed(const Value& a, const Value& b) {
  if (std::holds_alternative<std::int64_t>(a.data)) return b.as_int() < a.as_int();
  if (std::holds_alternative<double>(a.data)) return is_less(b.as_double(), a.as_double());
  if (std::holds_alternative<Int128>(a.data)) return std::get<Int128>(b.data) < std::get<Int128>(a.data);
  if (std::holds_alternative<std::string>(a.data)) return b.as_string() < a.as_string();
  return false;
}

}  // namespace

RuleCheck::RuleCheck(const Schema& schema, const std::vector<ColumnRule>& rules) : rules_(rules) {
  for (ColumnRule& rule : rules_) {
    std::optional<std::size_t> index = schema.find(rule.column);
    if (!index) {
      try {
        schema.index_of(rule.column);
      } catch (const Error& unknown) {
        throw Error(ErrorCode::kInvalidPipeline, fmt::format("a rule names the unknown column '{}'", rule.column),
                    unknown.hint());
      }
    }
    const Field& field = schema[*index];
    column_indexes_.push_back(*index);
    if (rule.min) rule.min = converted(*rule.min, field, "the minimum");
    if (rule.max) rule.max = converted(*rule.max, field, "the maximum");
    for (Value& value : rule.allowed) value = converted(value, field, "an allowed value");
    if (rule.min && rule.max && is_reversed(*rule.min, *rule.max)) {
      throw Error(ErrorCode::kInvalidPipeline,
                  fmt::format("the minimum {} of column '{}' is greater than its maximum {}", plain_text(*rule.min),
                              rule.column, plain_text(*rule.max)),
                  "exchange min and max");
    }
  }
}

void RuleCheck::check(const Batch& batch, std::vector<Violation>& violations) const {
  std::size_t before = violations.size();
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    check_column(batch.column(column_indexes_[i]), rules_[i], i, violations);
  }
  auto begin = violations.begin() + static_cast<std::ptrdiff_t>(before);
  auto earlier = [](const Violation& a, const Violation& b) {
    return std::pair(a.row, a.rule_index) < std::pair(b.row, b.rule_index);
  };
  std::sort(begin, violations.end(), earlier);
}

std::string RuleCheck::describe(const Batch& batch, const Violation& violation) const {
  const ColumnRule& rule = rules_[violation.rule_index];
  std::string_view kind = violation.kind;
  if (kind == "null") return "null in a column that is not nullable";
  Value value = value_at(batch.column(column_indexes_[violation.rule_index]), violation.row);
  if (kind == "range") {
    bool too_small = rule.min && is_reversed(*rule.min, value);
    return too_small ? fmt::format("{} is less than the minimum {}", plain_text(value), plain_text(*rule.min))
                     : fmt::format("{} is greater than the maximum {}", plain_text(value), plain_text(*rule.max));
  }
  std::string list;
  for (std::size_t i = 0; i < std::min(rule.allowed.size(), kListedMax); ++i) {
    list += (i == 0 ? "" : ", ") + plain_text(rule.allowed[i]);
  }
  if (rule.allowed.size() > kListedMax) list += fmt::format(", … ({} in all)", rule.allowed.size());
  return fmt::format("{} is none of the allowed values {}", plain_text(value), list);
}

}  // namespace headrace
