// The rows of a frame while it runs, chunk by chunk.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "headrace/exec/batch_queue.h"
#include "headrace/frame/lazy_frame.h"

namespace headrace {

/// One thread calls run(), another takes the rows.
class FrameStream {
 public:
  /// Chunks have at least `chunk_rows` rows, but for the last one.
  FrameStream(LazyFrame frame, RunOptions options, std::int64_t chunk_rows);

  /// Returns when all rows have been made. Throws what the run throws, Error(kCancelled) once abandoned.
  void run();

  /// The next rows, in plain layout; nothing when there are none within `wait`, or no more.
  std::optional<Batch> next(std::chrono::milliseconds wait);
  bool is_at_end();
  /// Says that nobody takes rows any more.
  void abandon() { queue_.abandon(); }

  const std::shared_ptr<MemoryBudget>& memory() const { return options_.context.memory; }

 private:
  Batch take();

  LazyFrame frame_;
  RunOptions options_;
  std::int64_t chunk_rows_;
  std::shared_ptr<const Schema> schema_;
  BatchQueue queue_;
  std::vector<Batch> held_;  // of the next chunk
  std::int64_t held_rows_ = 0;
};

}  // namespace headrace
