// Batches for a training loop, made by threads ahead of who takes them.
//
// Threads take columns of a window (window_planner.h), read its rows and move each to its place in the batches. So no
// two threads write near each other, rows are written once, and which thread does what changes nothing. Batches wait in
// blocks of one pool (batch_pool.h), which bounds how far the threads are ahead.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "headrace/feed/feed_batch.h"
#include "headrace/feed/feed_plan.h"

namespace headrace {

/// Times in seconds, of all threads together.
struct FeedStats {
  std::int64_t batches = 0;
  std::int64_t rows = 0;
  double consumer_wait = 0;    // next() waited for a batch
  double storage = 0;          // threads waited for bytes of files
  double decode = 0;           // threads decoded and placed rows
  double full = 0;             // threads waited for the consumer to take batches
  std::size_t threads = 0;     // at work now
  std::size_t peak_bytes = 0;  // of the memory that is charged to the budget
};

/// Used by one thread, beside its own.
class Feed {
 public:
  /// Starts to read, up to epoch `epoch_end` or without end. `memory` is what the reader of `plan` is charged to.
  /// Throws Error(kOutOfMemory) when a window does not fit into it.
  Feed(std::shared_ptr<const FeedPlan> plan, std::shared_ptr<MemoryBudget> memory, const FeedPosition& start,
       std::optional<std::int64_t> epoch_end);
  /// Waits for its threads, unless this is a fork of the process that they are in.
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  /// The next batch; nothing when none came within `wait`, or behind the last one. Throws what the threads threw,
  /// Error(kOutOfMemory) when batches that were taken and are still held leave no room for more, and
  /// Error(kUnsupported) in a fork of the process that made the feed.
  std::optional<FeedBatch> next(std::chrono::milliseconds wait);
  /// Whether the last batch was taken.
  bool is_at_end() const;
  /// Where a feed begins that goes on behind the batch taken last.
  const FeedPosition& position() const { return position_; }
  FeedStats stats() const;
  /// Ends the threads and lets go of what waits to be taken. Nothing comes afterwards; batches that were taken stay.
  void stop();

 private:
  class Engine;

  std::shared_ptr<const FeedPlan> plan_;
  FeedPosition start_;
  FeedPosition position_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace headrace
