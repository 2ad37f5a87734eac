// How many values Parquet stores for the rows of a nested column.
//
// Rows alone do not show that a nested column was read whole: a damaged page may end within the last row's list. The
// footer holds the number of values of each leaf, nulls and empty lists counted as one, and this counts what was read.
#pragma once

#include <cstdint>
#include <vector>

#include "headrace/column/column.h"

namespace headrace {

class LevelCount {
 public:
  /// Adds the rows of a batch.
  void add(const Column& column) {
    std::size_t leaf = 0;
    add_rows(column, 0, column.length(), leaf);
  }
  /// The values of leaf `index`, counted from 0 in depth-first order.
  std::int64_t leaf(std::size_t index) const { return index < counts_.size() ? counts_[index] : 0; }

 private:
  void add_rows(const Column& column, std::int64_t start, std::int64_t end, std::size_t& leaf);
  void add_to(std::size_t leaf, std::int64_t count);

  std::vector<std::int64_t> counts_;
};

}  // namespace headrace
