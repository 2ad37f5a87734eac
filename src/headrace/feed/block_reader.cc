// See block_reader.h.
#include "headrace/feed/block_reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "headrace/base/error.h"

namespace headrace {

void BlockReader::skip_to(std::int64_t row) {
  while (row_ < row) read(row - row_);
}

Batch BlockReader::read(std::int64_t rows_max) {
  fill();
  std::int64_t count = std::min(rows_max, held_.row_count - at_);
  Batch rows = held_.slice(at_, count);
  at_ += count;
  row_ += count;
  if (row_ == row_count_) {
    // What streams check at their end, such as the checksum of what they read, is part of reading.
    held_ = {};
    Batch more;
    if (stream_->next(more)) {
      throw Error(ErrorCode::kBadData, fmt::format("more rows than the {} that metadata says", row_count_),
                  "the file has changed while it was read, or its index is of another file");
    }
    stream_.reset();
  }
  return rows;
}

void BlockReader::fill() {
  while (at_ >= held_.row_count) {
    at_ = 0;
    held_ = {};
    if (!stream_->next(held_)) {
      throw Error(ErrorCode::kBadData, fmt::format("{} rows instead of the {} that metadata says", row_, row_count_),
                  "the file has changed while it was read, or its index is of another file");
    }
  }
}

}  // namespace headrace
