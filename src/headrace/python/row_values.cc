// See row_values.h.
#include "headrace/python/row_values.h"

#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/nearest.h"
#include "headrace/column/calendar.h"
#include "headrace/column/column_builder.h"
#include "headrace/column/decimal.h"
#include "headrace/column/value.h"

namespace nb = nanobind;

namespace headrace {
namespace {

/// Days from 0001-01-01, which Python calls day 1, to 1970-01-01.
constexpr std::int64_t kEpochOrdinal = 719'163;

Error no_value(nb::handle value, const Type& type) {
  std::string text = nb::repr(value).c_str();
  if (text.size() > 60) text = text.substr(0, 60) + "…";
  return {ErrorCode::kBadData, fmt::format("{} is no {}", text, type.to_string()),
          "give a value of the column's type, or None for null"};
}

std::int64_t integer_of(nb::handle value, const Type& type, std::int64_t min, std::int64_t max) {
  int overflow = 0;
  // What has __index__ is an integer: NumPy's too; floats have none.
  PyObject* index = PyNumber_Index(value.ptr());
  if (index == nullptr) {
    PyErr_Clear();
    throw no_value(value, type);
  }
  long long integer = PyLong_AsLongLongAndOverflow(index, &overflow);
  Py_DECREF(index);
  if (overflow != 0 || integer < min || integer > max) throw no_value(value, type);
  return integer;
}

template <typename T>
void append_integer(ColumnBuilder& builder, nb::handle value) {
  using Limits = std::numeric_limits<T>;
  builder.append<T>(static_cast<T>(integer_of(value, builder.type(), Limits::min(), Limits::max())));
}

double float_of(nb::handle value, const Type& type) {
  if (PyFloat_CheckExact(value.ptr())) return PyFloat_AS_DOUBLE(value.ptr());
  double number = PyUnicode_Check(value.ptr()) ? -1.0 : PyFloat_AsDouble(value.ptr());
  bool failed = PyErr_Occurred() != nullptr;
  if (failed) PyErr_Clear();
  if (failed || PyUnicode_Check(value.ptr())) throw no_value(value, type);
  return number;
}

std::string_view text_of(nb::handle value, const Type& type) {
  Py_ssize_t size = 0;
  if (type.kind() == TypeKind::kBinary && PyBytes_Check(value.ptr())) {
    return {PyBytes_AS_STRING(value.ptr()), static_cast<std::size_t>(PyBytes_GET_SIZE(value.ptr()))};
  }
  if (type.kind() == TypeKind::kString && PyUnicode_Check(value.ptr())) {
    const char* text = PyUnicode_AsUTF8AndSize(value.ptr(), &size);
    if (text != nullptr) return {text, static_cast<std::size_t>(size)};
    PyErr_Clear();
  }
  throw no_value(value, type);
}

std::int64_t attribute(nb::handle value, const char* name) { return nb::cast<std::int64_t>(value.attr(name)); }

std::int64_t days_of(nb::handle value, const Type& type) {
  if (!nb::hasattr(value, "toordinal")) throw no_value(value, type);
  return nb::cast<std::int64_t>(value.attr("toordinal")()) - kEpochOrdinal;
}

/// Of a datetime; one without a zone is UTC.
std::int64_t micros_of(nb::handle value, const Type& type) {
  if (!nb::hasattr(value, "utcoffset")) throw no_value(value, type);
  std::int64_t seconds = attribute(value, "hour") * 3600 + attribute(value, "minute") * 60 + attribute(value, "second");
  std::int64_t micros =
      days_of(value, type) * kMicrosPerDay + seconds * kMicrosPerSecond + attribute(value, "microsecond");
  nb::object offset = value.attr("utcoffset")();
  if (offset.is_none() || type.kind() == TypeKind::kTimestampNtz) return micros;
  return micros - (attribute(offset, "days") * 86'400 + attribute(offset, "seconds")) * kMicrosPerSecond -
         attribute(offset, "microseconds");
}

Int128 decimal_of(nb::handle value, const Type& type) {
  std::string text = nb::str(value).c_str();
  std::optional<Int128> decimal = parse_decimal(text, type.precision(), type.scale());
  if (!decimal) throw no_value(value, type);
  return *decimal;
}

void append_value(ColumnBuilder& builder, nb::handle value);

std::size_t append_elements(ColumnBuilder& child, nb::handle value, const Type& type) {
  if (PyUnicode_Check(value.ptr()) || PyBytes_Check(value.ptr()) || !nb::hasattr(value, "__iter__")) {
    throw no_value(value, type);
  }
  std::size_t count = 0;
  for (nb::handle element : nb::borrow<nb::iterable>(value)) {
    append_value(child, element);
    ++count;
  }
  return count;
}

void append_value(ColumnBuilder& builder, nb::handle value) {
  const Type& type = builder.type();
  if (value.is_none()) return builder.append_null();
  switch (type.kind()) {
    case TypeKind::kNull: throw no_value(value, type);
    case TypeKind::kBool:
      if (!PyBool_Check(value.ptr())) throw no_value(value, type);
      return builder.append<std::uint8_t>(value.is(Py_True) ? 1 : 0);
    case TypeKind::kInt8: return append_integer<std::int8_t>(builder, value);
    case TypeKind::kInt16: return append_integer<std::int16_t>(builder, value);
    case TypeKind::kInt32: return append_integer<std::int32_t>(builder, value);
    case TypeKind::kInt64: return append_integer<std::int64_t>(builder, value);
    case TypeKind::kFloat32: return builder.append(static_cast<float>(float_of(value, type)));
    case TypeKind::kFloat64: return builder.append(float_of(value, type));
    case TypeKind::kString:
    case TypeKind::kBinary: return builder.append_string(text_of(value, type));
    case TypeKind::kDate: return builder.append(static_cast<std::int32_t>(days_of(value, type)));
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return builder.append(micros_of(value, type));
    case TypeKind::kDecimal128: return builder.append(decimal_of(value, type));
    case TypeKind::kList: append_elements(builder.child(0), value, type); return builder.append_list_end();
    case TypeKind::kFixedSizeList:
      if (append_elements(builder.child(0), value, type) != static_cast<std::size_t>(type.list_size())) {
        throw no_value(value, type);
      }
      return builder.append_struct_end();
    case TypeKind::kStruct:
      if (!PyDict_Check(value.ptr())) throw no_value(value, type);
      for (std::size_t i = 0; i < type.fields().size(); ++i) {
        nb::dict fields = nb::borrow<nb::dict>(value);
        const std::string& name = type.fields()[i].name;
        append_value(builder.child(i), fields.contains(name.c_str()) ? nb::handle(fields[name.c_str()]) : nb::none());
      }
      return builder.append_struct_end();
  }
}

Error missing_value(const std::string& name, const nb::dict& values) {
  std::vector<std::string> names;
  for (auto [key, value] : values) {
    if (nb::isinstance<nb::str>(key)) names.emplace_back(nb::cast<nb::str>(key).c_str());
  }
  return {ErrorCode::kNotFound, fmt::format("the row has no value for '{}'", name), name_hint(name, names, "keys")};
}

nb::object object_at(const Column& column, std::int64_t row);

nb::object list_of(const Column& child, std::int64_t begin, std::int64_t end) {
  nb::list elements;
  for (std::int64_t i = begin; i < end; ++i) elements.append(object_at(child, i));
  return elements;
}

nb::object datetime_of(std::int64_t micros, bool has_zone) {
  nb::module_ datetime = nb::module_::import_("datetime");
  nb::object zone = has_zone ? nb::object(datetime.attr("timezone").attr("utc")) : nb::object(nb::none());
  nb::object epoch = datetime.attr("datetime")(1970, 1, 1, 0, 0, 0, 0, zone);
  return epoch + datetime.attr("timedelta")(0, 0, micros);
}

nb::object object_at(const Column& column, std::int64_t row) {
  if (column.is_null(row)) return nb::none();
  const Type& type = column.type();
  auto at = static_cast<std::size_t>(row);
  switch (type.kind()) {
    case TypeKind::kNull: return nb::none();
    case TypeKind::kBool: return nb::bool_(column.values<std::uint8_t>()[at] != 0);
    case TypeKind::kInt8: return nb::int_(column.values<std::int8_t>()[at]);
    case TypeKind::kInt16: return nb::int_(column.values<std::int16_t>()[at]);
    case TypeKind::kInt32: return nb::int_(column.values<std::int32_t>()[at]);
    case TypeKind::kInt64: return nb::int_(column.values<std::int64_t>()[at]);
    case TypeKind::kFloat32: return nb::float_(static_cast<double>(column.values<float>()[at]));
    case TypeKind::kFloat64: return nb::float_(column.values<double>()[at]);
    case TypeKind::kString: return nb::str(column.string_at(row).data(), column.string_at(row).size());
    case TypeKind::kBinary: return nb::bytes(column.string_at(row).data(), column.string_at(row).size());
    case TypeKind::kDate:
      return nb::module_::import_("datetime")
          .attr("date")
          .attr("fromordinal")(column.values<std::int32_t>()[at] + kEpochOrdinal);
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz:
      return datetime_of(column.values<std::int64_t>()[at], type.kind() == TypeKind::kTimestamp);
    case TypeKind::kDecimal128:
      return nb::module_::import_("decimal").attr("Decimal")(format_cell(column, row).c_str());
    case TypeKind::kList: return list_of(column.child(0), column.offsets()[at], column.offsets()[at + 1]);
    case TypeKind::kFixedSizeList:
      return list_of(column.child(0), row * type.list_size(), (row + 1) * type.list_size());
    case TypeKind::kStruct: {
      nb::dict fields;
      for (std::size_t i = 0; i < type.fields().size(); ++i) {
        fields[type.fields()[i].name.c_str()] = object_at(column.child(i), row);
      }
      return fields;
    }
  }
  HEADRACE_CHECK(false && "a type without a Python object");
}

}  // namespace

Batch row_of_dict(const nb::dict& values, const std::shared_ptr<const Schema>& schema, MemoryBudget& memory) {
  Batch row{schema, {}, 1};
  row.columns.reserve(schema->size());
  for (const Field& field : *schema) {
    PyObject* value = PyDict_GetItemString(values.ptr(), field.name.c_str());
    if (value == nullptr) throw missing_value(field.name, values);
    ColumnBuilder builder(memory, field.type);
    with_context([&] { append_value(builder, value); },
                 [&] { return fmt::format("reading the value of '{}'", field.name); });
    if (!field.nullable && value == Py_None) {
      throw Error(ErrorCode::kBadData, fmt::format("'{}' is None, and its column holds no nulls", field.name),
                  "give a value");
    }
    row.columns.push_back(builder.finish());
  }
  return row;
}

nb::dict dict_of_row(const Batch& batch, std::int64_t row) {
  nb::dict values;
  for (std::size_t i = 0; i < batch.columns.size(); ++i) {
    values[(*batch.schema)[i].name.c_str()] = object_at(batch.columns[i], row);
  }
  return values;
}

}  // namespace headrace
