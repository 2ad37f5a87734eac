// Rows in batches of any length, given as the engine takes them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "headrace/io/source.h"

namespace headrace {

/// Gives rows that are in memory in batches of at most kBatchRowsMax, and counts them as delivered.
class SlicedRows {
 public:
  SlicedRows() = default;
  explicit SlicedRows(Batch rows) : rows_(std::move(rows)) {}

  /// Puts the next rows into `batch`; false when there are no more.
  bool next(Batch& batch, ScanCounts& counts) {
    if (at_ == rows_.row_count) return false;
    std::int64_t count = std::min(rows_.row_count - at_, kBatchRowsMax);
    batch = rows_.slice(at_, count);
    at_ += count;
    counts.rows_read += count;
    counts.rows_delivered += count;
    counts.bytes_read += static_cast<std::int64_t>(batch.data_bytes());
    return true;
  }

 private:
  Batch rows_;
  std::int64_t at_ = 0;
};

}  // namespace headrace
