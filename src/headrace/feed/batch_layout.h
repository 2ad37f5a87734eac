// How the tensors of a batch lie in memory: one block of bytes a batch, all of its columns of fixed width in it.
//
// Columns of one element type and width lie one behind another, so that n columns are one array of shape (n, rows,
// width), which is handed over once instead of n times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "headrace/column/type.h"

namespace headrace {

/// A column of a batch as a tensor.
struct TensorColumn {
  std::string name;
  Type type;               // of an element: bool, an integer or a floating type
  std::int64_t width = 1;  // elements of a row
  bool is_vector = false;  // shape (rows, width) instead of (rows,)
  bool is_ragged = false;  // lists of any length: values and offsets, not part of the block
  std::size_t group = 0;   // of BatchLayout::groups()
  std::size_t place = 0;   // in the group

  std::size_t row_bytes() const { return static_cast<std::size_t>(width) * type.value_bytes(); }
};

/// Columns of one shape and type.
struct TensorGroup {
  Type type;
  std::int64_t width = 1;
  bool is_vector = false;
  std::vector<std::size_t> columns;
  std::size_t offset_bytes = 0;
};

class BatchLayout {
 public:
  BatchLayout() = default;
  /// Settles groups and places of `columns`, for batches of at most `rows_max` rows.
  BatchLayout(std::vector<TensorColumn> columns, std::int64_t rows_max);

  const std::vector<TensorColumn>& columns() const { return columns_; }
  const std::vector<TensorGroup>& groups() const { return groups_; }
  std::int64_t rows_max() const { return rows_max_; }
  /// Of a batch, without its ragged columns.
  std::size_t size_bytes() const { return size_bytes_; }
  /// Where the first row of a column stands in the block; rows follow each other without gaps.
  std::size_t offset_of(const TensorColumn& column) const {
    return groups_[column.group].offset_bytes + column.place * static_cast<std::size_t>(rows_max_) * column.row_bytes();
  }

 private:
  std::vector<TensorColumn> columns_;
  std::vector<TensorGroup> groups_;
  std::int64_t rows_max_ = 0;
  std::size_t size_bytes_ = 0;
};

}  // namespace headrace
