// Rows of a column as writers see them: through the codes of a dictionary, and through lists down to their elements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "headrace/column/column.h"
#include "headrace/column/element_range.h"

namespace headrace {

/// Rows [begin, end): row i is row codes[i] of `values`, or null where the code is negative; without codes, it is row i
/// of `values`. A view: the columns must outlive it.
struct RowRange {
  const Column* values = nullptr;
  const std::int32_t* codes = nullptr;
  std::int64_t begin = 0;
  std::int64_t end = 0;

  std::int64_t count() const { return end - begin; }
  /// The row of `values` that holds row `row`, or -1 when that is null.
  std::int64_t source(std::int64_t row) const {
    std::int64_t at = codes == nullptr ? row : codes[row];
    return at < 0 || values->is_null(at) ? -1 : at;
  }
  RowRange part(std::int64_t from, std::int64_t to) const { return {values, codes, from, to}; }
};

/// All rows of a column, whose dictionary, if it has one, is plain.
inline RowRange rows_of(const Column& column) {
  if (!column.is_dictionary()) return {&column, nullptr, 0, column.length()};
  return {column.dictionary().get(), column.codes().data(), 0, column.length()};
}
/// Whether rows_of() can be taken of a column, and of the elements of its lists.
bool has_row_range(const Column& column);

/// Calls `visit` with ranges of the leaf values of `rows`, in order: the rows themselves, or the elements of lists that
/// are not null.
template <typename Visit>
void for_each_leaf_range(const RowRange& rows, const Visit& visit) {
  const Column& column = *rows.values;
  if (!column.type().is_list()) return visit(rows);
  RowRange open = rows_of(column.child(0)).part(0, 0);
  if (rows.codes == nullptr && column.validity() == nullptr && rows.count() > 0) {
    return visit(open.part(elements_of(column, rows.begin).first, elements_of(column, rows.end - 1).last));
  }
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    std::int64_t at = rows.source(row);
    if (at < 0) continue;
    ElementRange range = elements_of(column, at);
    if (range.first != open.end) {
      if (open.count() > 0) visit(open);
      open.begin = range.first;
    }
    open.end = range.last;
  }
  if (open.count() > 0) visit(open);
}

/// Bytes that a row of a type takes as plain values, or 0 when rows differ.
std::int64_t fixed_row_bytes(const Type& type);
/// Bytes that the rows take as plain values, however they are stored; lists of any length are counted by elements.
std::int64_t plain_bytes(const RowRange& rows);

}  // namespace headrace
