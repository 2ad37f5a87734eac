// Rows of one block for one unit, in pieces of any size.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "headrace/io/source.h"

namespace headrace {

class BlockReader {
 public:
  /// `row_count` rows are expected, as metadata says.
  BlockReader(std::unique_ptr<SplitStream> stream, std::int64_t row_count)
      : stream_(std::move(stream)), row_count_(row_count) {}

  /// The row that comes next.
  std::int64_t row() const { return row_; }
  bool is_at_end() const { return row_ == row_count_; }
  /// Reads on to `row` and drops what is before it. Requires: row() <= row.
  void skip_to(std::int64_t row);
  /// The next rows, at most `rows_max` and at least one. Throws Error(kBadData) when the block has fewer or more rows
  /// than metadata says. Requires: not is_at_end().
  Batch read(std::int64_t rows_max);

 private:
  void fill();

  std::unique_ptr<SplitStream> stream_;
  std::int64_t row_count_;
  std::int64_t row_ = 0;
  Batch held_;
  std::int64_t at_ = 0;  // in held_
};

}  // namespace headrace
