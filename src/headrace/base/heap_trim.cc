// See heap_trim.h.
#include "headrace/base/heap_trim.h"

#include <algorithm>
#include <malloc.h>

namespace headrace {

bool HeapTrim::is_time(std::chrono::milliseconds between) {
  if (bytes_max_ == MemoryBudget::kUnlimited / 8) return false;
  Clock::rep now = Clock::now().time_since_epoch().count();
  Clock::rep next = next_.load(std::memory_order_relaxed);
  return now >= next &&
         next_.compare_exchange_strong(next, now + Clock::duration(between).count(), std::memory_order_relaxed);
}

/// The C library walks through all free blocks to count them, which in a large old heap takes milliseconds: it gets a
/// fiftieth of the time at most.
void HeapTrim::trim_above(std::size_t free_bytes_max) {
  constexpr int kShare = 50;
  Clock::time_point start = Clock::now();
  if (::mallinfo2().fordblks > free_bytes_max) ::malloc_trim(0);
  Clock::time_point end = Clock::now();
  Clock::rep earliest = (end + kShare * (end - start)).time_since_epoch().count();
  if (next_.load(std::memory_order_relaxed) < earliest) next_.store(earliest, std::memory_order_relaxed);
}

void HeapTrim::now_and_then() {
  if (is_time(std::chrono::milliseconds(100))) trim_above(bytes_max_);
}

void HeapTrim::now_and_then_within(const MemoryBudget& memory) {
  if (!is_time(std::chrono::milliseconds(10))) return;
  std::size_t used = memory.used_bytes();
  trim_above(memory.limit_bytes() - std::min(used, memory.limit_bytes()));
}

}  // namespace headrace
