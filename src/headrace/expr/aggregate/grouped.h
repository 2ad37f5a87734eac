// What the aggregates share: loops over the rows that count, and results with null for empty groups.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "headrace/base/error.h"
#include "headrace/column/column_builder.h"
#include "headrace/expr/aggregate.h"

namespace headrace {

/// Calls add(group, row) for every row of `argument` that is not null.
template <typename Add>
void for_each_valid(const Column& argument, std::span<const std::uint32_t> group_ids, const Add& add) {
  const std::uint8_t* validity = argument.validity();
  if (validity == nullptr) {
    for (std::size_t row = 0; row < group_ids.size(); ++row) add(group_ids[row], row);
  } else {
    for (std::size_t row = 0; row < group_ids.size(); ++row) {
      if (validity[row] != 0) add(group_ids[row], row);
    }
  }
}

/// A fixed-width column of storage T: value_of(group), or null where !has_value(group).
template <typename T, typename HasValue, typename ValueOf>
Column make_results(MemoryBudget& memory, const Type& type, std::size_t group_count, const HasValue& has_value,
                    const ValueOf& value_of) {
  auto values = Buffer::allocate(memory, group_count * sizeof(T));
  auto validity = Buffer::allocate(memory, group_count);
  bool any_null = false;
  for (std::size_t group = 0; group < group_count; ++group) {
    bool valid = has_value(group);
    validity->mutable_as<std::uint8_t>()[group] = valid ? 1 : 0;
    values->mutable_as<T>()[group] = valid ? value_of(group) : T{};
    any_null |= !valid;
  }
  if (!any_null) validity = nullptr;
  return Column::fixed(type, static_cast<std::int64_t>(group_count), std::move(values), std::move(validity));
}

/// Takes one numeric argument as it is, for AggregateFunction::resolve.
void resolve_number(std::string_view name, std::span<const Type> given, Type& arg_type);

/// Calls make(T{}) with the storage type T of a fixed-width type and returns what it returns.
template <typename Make>
auto with_storage(const Type& type, const Make& make) {
  switch (type.kind()) {
    case TypeKind::kBool: return make(std::uint8_t{});
    case TypeKind::kInt8: return make(std::int8_t{});
    case TypeKind::kInt16: return make(std::int16_t{});
    case TypeKind::kInt32:
    case TypeKind::kDate: return make(std::int32_t{});
    case TypeKind::kFloat32: return make(float{});
    case TypeKind::kFloat64: return make(double{});
    case TypeKind::kDecimal128: return make(Int128{});
    default: HEADRACE_CHECK(type.value_bytes() == sizeof(std::int64_t)); return make(std::int64_t{});
  }
}

/// Bytes that a vector of plain values holds.
template <typename T>
std::size_t vector_bytes(const std::vector<T>& vector) {
  return vector.capacity() * sizeof(T);
}

}  // namespace headrace
