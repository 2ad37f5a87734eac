// See counted_split.h.
#include "headrace/io/counted_split.h"

#include <algorithm>

namespace headrace {

CountedSplit::CountedSplit(std::int64_t row_count, bool is_skipped) : left_(is_skipped ? 0 : row_count) {
  counts_.rows_read = row_count;
  counts_.rows_skipped = is_skipped ? row_count : 0;
}

bool CountedSplit::next(Batch& batch) {
  if (left_ == 0) return false;
  std::int64_t rows = std::min(left_, kBatchRowsMax);
  left_ -= rows;
  counts_.rows_delivered += rows;
  batch = {schema_, {}, rows};
  return true;
}

}  // namespace headrace
