// A window while its rows are read and placed into batches.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "headrace/base/guarded.h"
#include "headrace/base/workers.h"
#include "headrace/feed/block_reader.h"
#include "headrace/feed/feed_batch.h"
#include "headrace/feed/feed_plan.h"
#include "headrace/feed/window_column.h"
#include "headrace/feed/window_planner.h"

namespace headrace {

/// A batch that windows are filling.
struct PendingBatch {
  FeedBatch batch;
  std::int64_t rows_left = 0;                                      // of its real rows; under the feed's lock
  Guarded<std::vector<std::vector<RaggedPiece>>> ragged_pieces{};  // by column of the layout
};

/// Readers of blocks that a window has read up to its end, for the window that goes on there.
class OpenBlocks {
 public:
  /// The reader of a unit's block that stands at `row`, or nullptr.
  std::unique_ptr<BlockReader> take(std::size_t unit, std::size_t block, std::int64_t row);
  void clear() { by_unit_.lock()->clear(); }
  /// In the place of the unit's reader that was kept before.
  void keep(std::size_t unit, std::size_t block, std::unique_ptr<BlockReader> reader);

 private:
  struct Open {
    std::size_t block = 0;
    std::unique_ptr<BlockReader> reader;
  };
  Guarded<std::map<std::size_t, Open>> by_unit_;
};

/// Part of a window's work.
struct WindowTask {
  enum class Kind {
    kUnit,   // read a unit of all blocks and put it into the batches
    kBlock,  // read a unit of one block, and keep the rows
    kFill,   // put one column of a unit into the batches, when all its blocks are read
  };
  Kind kind = Kind::kUnit;
  std::size_t unit = 0;
  std::size_t part = 0;  // which block, or which column
};

class FeedWindow {
 public:
  /// `batches` are those of `planned`, with their memory. `plan` outlives the window.
  FeedWindow(const FeedPlan& plan, PlannedWindow planned, std::vector<std::shared_ptr<PendingBatch>> batches,
             std::size_t threads);

  const PlannedWindow& planned() const { return planned_; }
  const std::vector<std::shared_ptr<PendingBatch>>& batches() const { return batches_; }
  /// Does a task. Thread-safe, for different tasks.
  void run(const WindowTask& task, OpenBlocks& open_blocks, MemoryBudget& memory, const Cancellation& cancellation);

  // Under the feed's lock:
  bool has_task() const { return tasks_given_ < tasks_.size(); }
  WindowTask next_task() { return tasks_[tasks_given_++]; }
  /// Notes that a task is done; returns whether all are. There may be more to give, now that rows are read.
  bool finish_task();
  bool is_empty() const { return tasks_.empty(); }

 private:
  using Rows = std::vector<Batch>;

  template <typename Take>
  void read_block(std::size_t unit, std::size_t block, OpenBlocks& open_blocks, MemoryBudget& memory,
                  const Cancellation& cancellation, const Take& take) const;
  std::unique_ptr<BlockReader> open_block(std::size_t unit, std::size_t block, std::int64_t first_row,
                                          OpenBlocks& open_blocks) const;
  std::unique_ptr<WindowColumn> column_of(const FeedColumn& column, MemoryBudget& memory) const;
  void fill(const FeedColumn& column, WindowColumn& values);
  void augment_rows(const FeedColumn& column, const PlannedBatch& batch, std::byte* out) const;
  void fill_mask(std::size_t tensor, const WindowColumn& mask);

  const FeedPlan& plan_;
  PlannedWindow planned_;
  std::vector<std::shared_ptr<PendingBatch>> batches_;
  std::vector<WindowTask> tasks_;
  std::size_t tasks_given_ = 0;
  std::size_t tasks_done_ = 0;
  std::vector<std::vector<Rows>> rows_;  // by unit and block, where blocks are read one by one
};

}  // namespace headrace
