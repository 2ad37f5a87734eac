// A batch as it leaves a feed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "headrace/column/buffer.h"
#include "headrace/feed/batch_layout.h"

namespace headrace {

/// Lists of any length: row i has the values from offsets[i] up to offsets[i + 1].
struct RaggedRows {
  std::shared_ptr<const Buffer> offsets;  // row_count + 1 of int64
  std::shared_ptr<const Buffer> values;   // of the column's type
  std::int64_t value_count = 0;
};

/// Rows that belong to whoever has taken them. The memory goes back to the feed with the last copy of `block`.
struct FeedBatch {
  std::shared_ptr<const BatchLayout> layout;
  std::shared_ptr<std::byte> block;  // see BatchLayout; may be written to
  std::vector<RaggedRows> ragged;    // by column of the layout; empty for others
  std::int64_t row_count = 0;        // with padding
  std::int64_t epoch = 0;
  std::int64_t step = 0;  // in the epoch, from where the feed began

  /// The values of a column that is not ragged.
  std::byte* values(std::size_t column) const { return block.get() + layout->offset_of(layout->columns()[column]); }
};

}  // namespace headrace
