// Where the elements of a row's list are in the child column.
#pragma once

#include <cstddef>
#include <cstdint>

#include "headrace/column/column.h"

namespace headrace {

/// Elements [first, last).
struct ElementRange {
  std::int64_t first;
  std::int64_t last;

  std::int64_t count() const { return last - first; }
};

/// The elements of a row of a plain list or fixed_size_list column. Those of a null row of a fixed_size_list are there,
/// too, and mean nothing.
inline ElementRange elements_of(const Column& lists, std::int64_t row) {
  if (lists.type().kind() == TypeKind::kFixedSizeList) {
    std::int64_t size = lists.type().list_size();
    return {row * size, row * size + size};
  }
  const std::int32_t* offsets = lists.offsets().data();
  return {offsets[row], offsets[row + 1]};
}

}  // namespace headrace
