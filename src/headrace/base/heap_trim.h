// Gives memory that was freed back to the system.
//
// The C library keeps freed blocks at hand, in holes between blocks that stay. Where many rows pass while a little of
// each stays (an index of what went to disk), holes add up to more than a small budget.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>

#include "headrace/base/memory_budget.h"

namespace headrace {

class HeapTrim {
 public:
  /// For a run with this budget; without a limit nothing is done.
  explicit HeapTrim(const MemoryBudget& memory) : bytes_max_(memory.limit_bytes() / 8) {}

  /// Gives the pages of free blocks back if they are more than an eighth of the budget. Looks ten times a second at
  /// most, so that it may be called for every batch. Thread-safe.
  void now_and_then();
  /// The same where free blocks and what is charged to `memory` are together more than its limit; looks
  /// a hundred times a second at most, and less often in processes whose heap takes long to look through.
  void now_and_then_within(const MemoryBudget& memory);

 private:
  bool is_time(std::chrono::milliseconds between);
  void trim_above(std::size_t free_bytes_max);

  using Clock = std::chrono::steady_clock;
  std::size_t bytes_max_;
  std::atomic<Clock::rep> next_{0};
};

}  // namespace headrace
