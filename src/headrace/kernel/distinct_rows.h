// The distinct rows of a column of few: rows as codes into them take four bytes each, whatever a row takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "headrace/column/column.h"

namespace headrace {

/// Takes a column piece by piece. Rows are told apart by their bits.
class DistinctRows {
 public:
  /// Whether rows of a column can be told apart: plain ones of fixed width, and lists of one size of such, without
  /// nulls and of a moderate number of bytes.
  static bool can_take(const Column& column);

  /// Adds the rows of a piece. False when there are too many distinct ones, or the piece cannot be taken; then the rest
  /// is of no use.
  bool add(MemoryBudget& memory, const Column& piece);
  /// All rows so far: a dictionary column of them.
  Column finish(MemoryBudget& memory);

 private:
  std::int32_t find_or_add(const std::byte* row);
  void grow();

  std::size_t row_bytes_ = 0;
  std::vector<std::byte> rows_;      // the distinct rows, one after another
  std::vector<std::int32_t> slots_;  // places of rows, counted from 1; 0: free
  std::int32_t count_ = 0;
  std::vector<Column> values_;  // the distinct rows, by pieces
  std::vector<Column> codes_;   // int32, by pieces
};

}  // namespace headrace
