// See module.h: columns as arrays, which DLPack and the buffer protocol hand on without a copy.
#include <array>
#include <optional>

#include <fmt/format.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include "headrace/python/running.h"

namespace nb = nanobind;

namespace headrace {
namespace {

using Array = nb::ndarray<nb::array_api, nb::ro, nb::device::cpu>;

/// What a value is to other libraries: dates and timestamps are the integers that they are stored as.
std::optional<nb::dlpack::dtype> dtype_of(const Type& type) {
  using Code = nb::dlpack::dtype_code;
  auto dtype = [](Code code, std::uint8_t bits) { return nb::dlpack::dtype{static_cast<std::uint8_t>(code), bits, 1}; };
  switch (type.kind()) {
    case TypeKind::kBool: return dtype(Code::Bool, 8);
    case TypeKind::kInt8: return dtype(Code::Int, 8);
    case TypeKind::kInt16: return dtype(Code::Int, 16);
    case TypeKind::kInt32:
    case TypeKind::kDate: return dtype(Code::Int, 32);
    case TypeKind::kInt64:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return dtype(Code::Int, 64);
    case TypeKind::kFloat32: return dtype(Code::Float, 32);
    case TypeKind::kFloat64: return dtype(Code::Float, 64);
    default: return std::nullopt;
  }
}

Error no_array(const std::string& name, const std::string& why, const std::string& hint) {
  return {ErrorCode::kUnsupported, fmt::format("column '{}' is no array: {}", name, why), hint};
}

/// Keeps a column, and the budget that it is charged to, for as long as an array of it lives.
struct Held {
  Column column;
  std::shared_ptr<MemoryBudget> memory;
};

/// The values of a column without nulls, of numbers or of lists of one length, where they are.
Array array_of(const Rows& rows, const std::string& name) {
  std::size_t index = rows.streamed.schema->index_of(name);
  auto held = std::make_unique<Held>(Held{whole_column(rows.streamed, index, *rows.memory), rows.memory});
  const Column* column = &held->column;
  std::array<std::size_t, 2> shape = {static_cast<std::size_t>(column->length()), 1};
  std::size_t dimensions = 1;
  if (column->null_count() > 0) {
    throw no_array(name, fmt::format("it has {} nulls", column->null_count()), "fill_null() first, or take to_arrow()");
  }
  if (column->type().kind() == TypeKind::kFixedSizeList) {
    shape[1] = static_cast<std::size_t>(column->type().list_size());
    dimensions = 2;
    column = &column->child(0);
    if (column->null_count() > 0) throw no_array(name, "its lists have nulls", "pad them with a number");
  }
  std::optional<nb::dlpack::dtype> dtype = dtype_of(column->type());
  if (!dtype) {
    throw no_array(name, fmt::format("it is of type {}", held->column.type().to_string()),
                   "numbers, times and lists of one length are arrays; take to_arrow() for others");
  }
  const void* values = column->raw_values();
  nb::capsule owner(held.release(), [](void* pointer) noexcept { delete static_cast<Held*>(pointer); });
  return Array(values, dimensions, shape.data(), owner, nullptr, *dtype);
}

}  // namespace

void bind_arrays(nb::module_& module) { module.def("array_of", &array_of, nb::rv_policy::reference); }

}  // namespace headrace
