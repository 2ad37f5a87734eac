// A single typed value: a literal of an expression, a parameter, a bound of a contract.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "headrace/column/column.h"
#include "headrace/column/column_builder.h"

namespace headrace {

/// A value, or null. Storage by type: bool; std::int64_t for all integers, date (days) and both timestamps (µs); double
/// for float32 and float64; Int128 (unscaled) for decimal; std::string for string and binary; for list a column of its
/// elements.
struct Value {
  Type type;
  std::variant<std::monostate, bool, std::int64_t, double, Int128, std::string, std::shared_ptr<const Column>> data;

  bool is_null() const { return std::holds_alternative<std::monostate>(data); }
  bool as_bool() const { return std::get<bool>(data); }
  std::int64_t as_int() const { return std::get<std::int64_t>(data); }
  double as_double() const { return std::get<double>(data); }
  const std::string& as_string() const { return std::get<std::string>(data); }
  const Column& as_elements() const { return *std::get<std::shared_ptr<const Column>>(data); }

  static Value null(Type type = TypeKind::kNull) { return {std::move(type), {}}; }
  static Value boolean(bool value) { return {TypeKind::kBool, value}; }
  static Value int64(std::int64_t value) { return {TypeKind::kInt64, value}; }
  static Value float64(double value) { return {TypeKind::kFloat64, value}; }
  static Value string(std::string value) { return {TypeKind::kString, std::move(value)}; }
  static Value list(Column elements) {
    return {Type::list(elements.type()), std::make_shared<const Column>(std::move(elements))};
  }

  /// The text that the expression parser reads back as the same value: 1, 2.5, 'it''s', null, true, date '2013-01-01',
  /// timestamp '2013-01-01T06:00:00Z', ['a', 'b'], x'00ff' (binary), and the name of any other scalar type before its
  /// text: int8 '5', decimal(3, 2) '1.50', float64 'NaN'. Only null and [] lose their type.
  std::string to_string() const;

  /// Same type and value; NaN equals NaN; lists compare element by element.
  friend bool operator==(const Value& a, const Value& b);
};

/// Row `row` of a column of a scalar type.
Value value_at(const Column& column, std::int64_t row);
/// Appends a value of the builder's type.
void append_value(ColumnBuilder& builder, const Value& value);
/// A column that repeats `value` `length` times.
Column constant_column(MemoryBudget& memory, const Value& value, std::int64_t length);

/// Plain text of row `row` of any column, nested ones included, as tables and cases show it: null, true, 1.5, text
/// without quotes, 2013-01-01, 2013-01-01T06:00:00Z, [1, 2], {a: 1}; binary as hex digits; floats as format_float64()
/// writes them.
std::string format_cell(const Column& column, std::int64_t row);

}  // namespace headrace
