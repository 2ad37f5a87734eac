// See value.h.
#include "headrace/column/value.h"

#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/column/calendar.h"
#include "headrace/column/decimal.h"
#include "headrace/column/number_text.h"

namespace headrace {
namespace {

std::string quoted(std::string_view text) {
  std::string result = "'";
  for (char c : text) {
    if (c == '\'') result += '\'';
    result += c;
  }
  return result + "'";
}

std::string hex(std::string_view bytes) {
  std::string result;
  for (char c : bytes) result += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return result;
}

/// The text of a value of a scalar type without quotes and type names.
std::string plain_text(const Value& value) {
  switch (value.type.kind()) {
    case TypeKind::kNull: return "null";
    case TypeKind::kBool: return value.as_bool() ? "true" : "false";
    case TypeKind::kInt8:
    case TypeKind::kInt16:
    case TypeKind::kInt32:
    case TypeKind::kInt64: return std::to_string(value.as_int());
    case TypeKind::kFloat32: return format_float32(static_cast<float>(value.as_double()));
    case TypeKind::kFloat64: return format_float64(value.as_double());
    case TypeKind::kDecimal128: return format_decimal(std::get<Int128>(value.data), value.type.scale());
    case TypeKind::kString: return value.as_string();
    case TypeKind::kBinary: return hex(value.as_string());
    case TypeKind::kDate: return format_date(value.as_int());
    case TypeKind::kTimestamp: return format_timestamp(value.as_int()) + "Z";
    case TypeKind::kTimestampNtz: return format_timestamp(value.as_int());
    case TypeKind::kList:
    case TypeKind::kFixedSizeList:
    case TypeKind::kStruct: break;
  }
  HEADRACE_CHECK(false && "a nested value has no plain text");
  return {};
}

bool is_scalar(const Type& type) { return !type.is_nested(); }

template <typename T>
Column filled(MemoryBudget& memory, const Type& type, T value, std::int64_t length) {
  std::shared_ptr<Buffer> values = Buffer::allocate(memory, static_cast<std::size_t>(length) * sizeof(T));
  std::fill_n(values->mutable_as<T>(), length, value);
  return Column::fixed(type, length, std::move(values));
}

Column filled_strings(MemoryBudget& memory, const Type& type, std::string_view value, std::int64_t length) {
  std::size_t rows = static_cast<std::size_t>(length);
  if (!value.empty() && rows > static_cast<std::size_t>(INT32_MAX) / value.size()) {
    throw Error(ErrorCode::kUnsupported, "a column of strings holds more than 2 GiB in one batch",
                "use smaller batches");
  }
  std::shared_ptr<Buffer> offsets = Buffer::allocate(memory, (rows + 1) * sizeof(std::int32_t));
  std::shared_ptr<Buffer> bytes = Buffer::allocate(memory, rows * value.size());
  for (std::size_t i = 0; i <= rows; ++i)
    offsets->mutable_as<std::int32_t>()[i] = static_cast<std::int32_t>(i * value.size());
  for (std::size_t i = 0; i < rows && !value.empty(); ++i) {
    std::memcpy(bytes->mutable_data() + i * value.size(), value.data(), value.size());
  }
  return Column::binary(type, length, std::move(offsets), std::move(bytes));
}

std::string join_cells(const Column& child, std::int64_t begin, std::int64_t end) {
  std::string text = "[";
  for (std::int64_t i = begin; i < end; ++i) text += fmt::format("{}{}", i == begin ? "" : ", ", format_cell(child, i));
  return text + "]";
}

}  // namespace

std::string Value::to_string() const {
  if (is_null()) return "null";
  switch (type.kind()) {
    case TypeKind::kBool:
    case TypeKind::kInt64: return plain_text(*this);
    case TypeKind::kFloat64:
      return std::isfinite(as_double()) ? plain_text(*this) : fmt::format("float64 {}", quoted(plain_text(*this)));
    case TypeKind::kString: return quoted(as_string());
    case TypeKind::kBinary: return fmt::format("x{}", quoted(hex(as_string())));
    case TypeKind::kList:
    case TypeKind::kFixedSizeList: {
      std::string text = "[";
      for (std::int64_t i = 0; i < as_elements().length(); ++i) {
        text += fmt::format("{}{}", i == 0 ? "" : ", ", value_at(as_elements(), i).to_string());
      }
      return text + "]";
    }
    default: return type.to_string() + " " + quoted(plain_text(*this));
  }
}

bool operator==(const Value& a, const Value& b) {
  if (!(a.type == b.type) || a.data.index() != b.data.index()) return false;
  if (std::holds_alternative<double>(a.data)) {
    double x = a.as_double(), y = b.as_double();
    return x == y || (std::isnan(x) && std::isnan(y));
  }
  if (std::holds_alternative<std::shared_ptr<const Column>>(a.data)) {
    const Column& x = a.as_elements();
    const Column& y = b.as_elements();
    if (x.length() != y.length()) return false;
    for (std::int64_t i = 0; i < x.length(); ++i) {
      if (!(value_at(x, i) == value_at(y, i))) return false;
    }
    return true;
  }
  return a.data == b.data;
}

Value value_at(const Column& column, std::int64_t row) {
  const Type& type = column.type();
  std::size_t at = static_cast<std::size_t>(row);
  if (column.is_null(row)) return Value::null(type);
  if (column.is_dictionary()) return value_at(*column.dictionary(), column.codes()[at]);
  switch (type.kind()) {
    case TypeKind::kNull: return Value::null();
    case TypeKind::kBool: return Value::boolean(column.values<std::uint8_t>()[at] != 0);
    case TypeKind::kInt8: return {type, std::int64_t{column.values<std::int8_t>()[at]}};
    case TypeKind::kInt16: return {type, std::int64_t{column.values<std::int16_t>()[at]}};
    case TypeKind::kInt32:
    case TypeKind::kDate: return {type, std::int64_t{column.values<std::int32_t>()[at]}};
    case TypeKind::kInt64:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return {type, column.values<std::int64_t>()[at]};
    case TypeKind::kFloat32: return {type, double{column.values<float>()[at]}};
    case TypeKind::kFloat64: return {type, column.values<double>()[at]};
    case TypeKind::kDecimal128: {
      Int128 unscaled;  // read bytewise: foreign buffers need not be aligned to 16
      std::memcpy(&unscaled, column.raw_values() + at * sizeof(Int128), sizeof(Int128));
      return {type, unscaled};
    }
    case TypeKind::kString:
    case TypeKind::kBinary: return {type, std::string(column.string_at(row))};
    case TypeKind::kList: {
      std::int32_t begin = column.offsets()[at], end = column.offsets()[at + 1];
      return {type, std::make_shared<const Column>(column.child(0).slice(begin, end - begin))};
    }
    case TypeKind::kFixedSizeList:
      return {type, std::make_shared<const Column>(column.child(0).slice(row * type.list_size(), type.list_size()))};
    case TypeKind::kStruct: break;
  }
  throw Error(ErrorCode::kUnsupported, "a struct cannot be taken as a single value", "use its fields one by one");
}

void append_value(ColumnBuilder& builder, const Value& value) {
  if (value.is_null()) return builder.append_null();
  switch (builder.type().kind()) {
    case TypeKind::kNull: return builder.append_null();
    case TypeKind::kBool: return builder.append(static_cast<std::uint8_t>(value.as_bool() ? 1 : 0));
    case TypeKind::kInt8: return builder.append(static_cast<std::int8_t>(value.as_int()));
    case TypeKind::kInt16: return builder.append(static_cast<std::int16_t>(value.as_int()));
    case TypeKind::kInt32:
    case TypeKind::kDate: return builder.append(static_cast<std::int32_t>(value.as_int()));
    case TypeKind::kInt64:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return builder.append(value.as_int());
    case TypeKind::kFloat32: return builder.append(static_cast<float>(value.as_double()));
    case TypeKind::kFloat64: return builder.append(value.as_double());
    case TypeKind::kDecimal128: return builder.append(std::get<Int128>(value.data));
    case TypeKind::kString:
    case TypeKind::kBinary: return builder.append_string(value.as_string());
    case TypeKind::kList:
    case TypeKind::kFixedSizeList: {
      const Column& elements = value.as_elements();
      for (std::int64_t i = 0; i < elements.length(); ++i) builder.child(0).append_from(elements, i);
      return builder.type().kind() == TypeKind::kList ? builder.append_list_end() : builder.append_struct_end();
    }
    case TypeKind::kStruct: break;
  }
  HEADRACE_CHECK(false && "a struct is no single value");
}

Column constant_column(MemoryBudget& memory, const Value& value, std::int64_t length) {
  const Type& type = value.type;
  if (value.is_null()) return Column::nulls(memory, type, length);
  switch (type.kind()) {
    case TypeKind::kBool: return filled(memory, type, static_cast<std::uint8_t>(value.as_bool() ? 1 : 0), length);
    case TypeKind::kInt8: return filled(memory, type, static_cast<std::int8_t>(value.as_int()), length);
    case TypeKind::kInt16: return filled(memory, type, static_cast<std::int16_t>(value.as_int()), length);
    case TypeKind::kInt32:
    case TypeKind::kDate: return filled(memory, type, static_cast<std::int32_t>(value.as_int()), length);
    case TypeKind::kInt64:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return filled(memory, type, value.as_int(), length);
    case TypeKind::kFloat32: return filled(memory, type, static_cast<float>(value.as_double()), length);
    case TypeKind::kFloat64: return filled(memory, type, value.as_double(), length);
    case TypeKind::kDecimal128: return filled(memory, type, std::get<Int128>(value.data), length);
    case TypeKind::kString:
    case TypeKind::kBinary: return filled_strings(memory, type, value.as_string(), length);
    default: break;
  }
  ColumnBuilder builder(memory, type);
  for (std::int64_t i = 0; i < length; ++i) append_value(builder, value);
  return builder.finish();
}

std::string format_cell(const Column& column, std::int64_t row) {
  const Type& type = column.type();
  if (column.is_null(row)) return "null";
  if (column.is_dictionary()) return format_cell(*column.dictionary(), column.codes()[static_cast<std::size_t>(row)]);
  if (is_scalar(type)) return plain_text(value_at(column, row));
  if (type.kind() == TypeKind::kList) {
    std::size_t at = static_cast<std::size_t>(row);
    return join_cells(column.child(0), column.offsets()[at], column.offsets()[at + 1]);
  }
  if (type.kind() == TypeKind::kFixedSizeList) {
    return join_cells(column.child(0), row * type.list_size(), (row + 1) * type.list_size());
  }
  std::string text = "{";
  for (std::size_t i = 0; i < type.fields().size(); ++i) {
    text += fmt::format("{}{}: {}", i == 0 ? "" : ", ", type.fields()[i].name, format_cell(column.child(i), row));
  }
  return text + "}";
}

}  // namespace headrace
