// Rows that an engine holds in memory: batches of one schema, in order.
#pragma once

#include <memory>
#include <vector>

#include "headrace/column/column.h"

namespace headrace {

/// Strings that are better kept as codes: few of them stand for many rows.
inline bool is_short_dictionary(const Column& column) {
  constexpr std::int64_t kValuesMax = 1 << 16;
  return column.is_dictionary() && column.type().is_binary_like() && column.dictionary()->length() <= kValuesMax;
}

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
