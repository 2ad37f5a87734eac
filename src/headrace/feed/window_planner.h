// From the order of rows and the steps of a rank to what is read next, and where it goes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "headrace/feed/epoch_order.h"
#include "headrace/feed/epoch_steps.h"
#include "headrace/feed/feed_options.h"

namespace headrace {

/// A batch, and which of its rows a window has.
struct PlannedBatch {
  std::int64_t epoch = 0;
  std::int64_t step = 0;
  std::int64_t row_count = 0;       // with padding
  std::int64_t real_row_count = 0;  // without
  std::int64_t first_place = 0;     // of its first row in the epoch's order
  // Of the window:
  std::int64_t first_row = 0;   // in the batch
  std::int64_t first = 0;       // in PlannedWindow::rows
  std::int64_t rows_taken = 0;  // from there on
};

struct PlannedWindow {
  std::size_t lane = 0;             // of several data sets, which one
  std::vector<BlockRows> blocks;    // what is read, in this order
  std::int64_t row_count = 0;       // of them
  std::vector<std::uint32_t> rows;  // of the blocks, in the order in which they come, other ranks' too
  /// By block, which of its stored rows these are, where a selection leaves some out; else empty.
  std::vector<std::vector<std::uint32_t>> stored_rows;
  std::vector<PlannedBatch> batches;  // the first may have rows of the window before, the last of the next one

  std::span<const std::uint32_t> rows_of(const PlannedBatch& batch) const {
    return std::span(rows).subspan(static_cast<std::size_t>(batch.first), static_cast<std::size_t>(batch.rows_taken));
  }
};

/// Plans window by window, epoch by epoch, for one rank and worker. Of the windows it gives, each has rows of the batch
/// that is the first to lack some.
class Planner {
 public:
  virtual ~Planner() = default;
  /// The next window that has rows of the rank; nothing behind the last epoch.
  virtual std::optional<PlannedWindow> next() = 0;
};

/// Over one data set.
class WindowPlanner final : public Planner {
 public:
  /// Up to epoch `epoch_end`, or without end. `block_rows` outlives the planner. Requires: an epoch has a batch.
  WindowPlanner(std::span<const std::int64_t> block_rows, const FeedOptions& options, std::int64_t window_rows,
                const FeedPosition& start, std::optional<std::int64_t> epoch_end);

  std::optional<PlannedWindow> next() override;

 private:
  bool has_epoch() const { return !epoch_end_ || epoch_ < *epoch_end_; }
  void begin_epoch(std::int64_t epoch, std::int64_t first, std::int64_t step);
  /// To the first step from `step` on that is the worker's.
  void move_to(std::int64_t step);
  PlannedWindow plan(std::int64_t window, const PlaceRange& places);

  std::span<const std::int64_t> block_rows_;
  FeedOptions options_;
  std::int64_t window_rows_;
  std::optional<std::int64_t> epoch_end_;
  std::int64_t epoch_ = 0;
  std::optional<EpochOrder> order_;
  std::optional<EpochSteps> steps_;
  std::int64_t step_ = 0;   // the first one that is not planned to its end
  std::int64_t place_ = 0;  // from which on its rows are not planned
};

}  // namespace headrace
