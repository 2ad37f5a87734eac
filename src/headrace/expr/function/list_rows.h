// Lists as functions see them: all elements of a batch in one column, and where those of each row are.
#pragma once

#include <memory>
#include <utility>

#include "headrace/expr/function.h"

namespace headrace {

/// The rows of a list column from their first element on. A null list has no elements.
struct ListRows {
  Column elements;
  std::shared_ptr<const Buffer> offsets;  // row_count + 1 int32, from 0

  std::int32_t begin(std::int64_t row) const { return reinterpret_cast<const std::int32_t*>(offsets->data())[row]; }
  std::int32_t end(std::int64_t row) const { return begin(row + 1); }
};

ListRows list_rows(MemoryBudget& memory, const Column& lists);

/// The result of a call that maps lists element by element: `elements` in the place of those of `rows`. No row is null:
/// a null list has become an empty one.
inline Column list_of_elements(const FunctionCall& call, const ListRows& rows, Column elements) {
  return Column::list(call.expr.type, call.row_count, rows.offsets, std::move(elements));
}

}  // namespace headrace
