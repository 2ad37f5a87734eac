// One column of a window: its rows as they come out of blocks, then in batches, in the order of the window.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "headrace/column/column.h"
#include "headrace/feed/batch_layout.h"
#include "headrace/feed/feed_batch.h"
#include "headrace/feed/feed_columns.h"

namespace headrace {

/// Lists of any length, of consecutive rows of a batch.
struct RaggedPiece {
  std::int64_t first_row = 0;
  std::int64_t row_count = 0;
  std::shared_ptr<Buffer> lengths;  // of int64
  std::shared_ptr<Buffer> values;
  std::int64_t value_count = 0;
};

/// All rows of a batch; those that no piece has are empty lists.
RaggedRows join_pieces(std::vector<RaggedPiece> pieces, std::int64_t row_count, std::size_t value_bytes,
                       MemoryBudget& memory);

/// Used by one thread at a time.
class WindowColumn {
 public:
  virtual ~WindowColumn() = default;
  /// Takes the window's next rows. Masks and lists take them in plain layout only.
  virtual void append(const Column& rows) = 0;
  /// Writes the `rows` of the window to `out`, one after another. For columns that are not ragged.
  virtual void write(std::span<const std::uint32_t> rows, std::byte* out) const = 0;
  /// The `rows` of the window, for a ragged column.
  virtual RaggedPiece piece(std::span<const std::uint32_t> rows, std::int64_t first_row) = 0;
};

/// The values of a tensor column for a window of `row_count` rows. Throws Error(kBadData) from append() for nulls that
/// the column's policy refuses.
std::unique_ptr<WindowColumn> make_window_column(const TensorColumn& tensor, NullPolicy nulls, std::int64_t row_count,
                                                 MemoryBudget& memory);
/// For each row whether it is not null.
std::unique_ptr<WindowColumn> make_window_mask(std::int64_t row_count, MemoryBudget& memory);

}  // namespace headrace
