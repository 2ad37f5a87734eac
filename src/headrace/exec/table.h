// Rows that an engine holds in memory: batches of one schema, in order.
#pragma once

#include <memory>
#include <vector>

#include "headrace/column/column.h"

namespace headrace {

struct Table {
  std::shared_ptr<const Schema> schema;
  std::vector<Batch> batches;

  std::int64_t row_count() const {
    std::int64_t rows = 0;
    for (const Batch& batch : batches) rows += batch.row_count;
    return rows;
  }
  std::size_t data_bytes() const {
    std::size_t bytes = 0;
    for (const Batch& batch : batches) bytes += batch.data_bytes();
    return bytes;
  }
};

}  // namespace headrace
