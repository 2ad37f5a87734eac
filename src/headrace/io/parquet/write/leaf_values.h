// The values of leaves that are not null, one after another: of columns, through codes, and of the elements of lists.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

#include "headrace/io/row_range.h"

namespace headrace {

/// Calls `visit` with ranges of the leaf values of all `rows`.
template <typename Visit>
void for_each_leaf_range(std::span<const RowRange> rows, const Visit& visit) {
  for (const RowRange& range : rows) for_each_leaf_range(range, visit);
}

inline bool has_negative_code(const RowRange& rows) {
  std::int32_t signs = 0;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) signs |= rows.codes[row];
  return signs < 0;
}

/// Copies the values of rows that are no lists, stored as `Stored`, to `out` and returns the end. There must be room
/// for all rows and one more.
template <typename Stored, typename Value>
Value* gather_values(const RowRange& rows, Value* out) {
  const Stored* values = rows.values->values<Stored>().data();
  const std::uint8_t* validity = rows.values->validity();
  if (rows.codes == nullptr && validity == nullptr) return std::copy(values + rows.begin, values + rows.end, out);
  if (rows.codes == nullptr) {
    for (std::int64_t row = rows.begin; row < rows.end; ++row) {
      *out = static_cast<Value>(values[row]);
      out += validity[row] != 0 ? 1 : 0;
    }
    return out;
  }
  const std::int32_t* codes = rows.codes;
  if (validity == nullptr && !has_negative_code(rows)) {
    for (std::int64_t row = rows.begin; row < rows.end; ++row) *out++ = static_cast<Value>(values[codes[row]]);
    return out;
  }
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    std::int32_t code = codes[row];
    if (code >= 0 && (validity == nullptr || validity[code] != 0)) *out++ = static_cast<Value>(values[code]);
  }
  return out;
}

/// Whether rows are lists of one size with nothing null in them, whose elements can be copied list by list.
inline bool has_regular_lists(const RowRange& rows) {
  const Column& list = *rows.values;
  if (list.type().kind() != TypeKind::kFixedSizeList || rows.codes == nullptr) return false;
  const Column& elements = list.child(0);
  return !elements.is_dictionary() && elements.validity() == nullptr && !elements.type().is_list();
}

template <typename Stored, typename Value>
Value* gather_regular_lists(const RowRange& rows, Value* out) {
  const Column& list = *rows.values;
  const Stored* elements = list.child(0).values<Stored>().data();
  std::int64_t size = list.type().list_size();
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    std::int64_t at = rows.source(row);
    if (at < 0) continue;
    const Stored* from = elements + at * size;
    for (std::int64_t i = 0; i < size; ++i) out[i] = static_cast<Value>(from[i]);
    out += size;
  }
  return out;
}

/// The same for rows that may be lists. There must be room for count_leaves() values and one more.
template <typename Stored, typename Value>
Value* gather_leaves(const RowRange& rows, Value* out) {
  if (has_regular_lists(rows)) return gather_regular_lists<Stored>(rows, out);
  for_each_leaf_range(rows, [&](const RowRange& leaves) { out = gather_values<Stored>(leaves, out); });
  return out;
}

/// Leaves of the rows, null ones among them.
inline std::size_t count_leaves(const RowRange& rows) {
  if (rows.values->type().kind() == TypeKind::kFixedSizeList) {
    return static_cast<std::size_t>(rows.count() * rows.values->type().list_size());
  }
  std::int64_t count = 0;
  for_each_leaf_range(rows, [&](const RowRange& leaves) { count += leaves.count(); });
  return static_cast<std::size_t>(count);
}

/// The type of the leaves of a column.
inline const Type& leaf_type(const Column& column) {
  return column.type().is_list() ? column.child(0).type() : column.type();
}

}  // namespace headrace
