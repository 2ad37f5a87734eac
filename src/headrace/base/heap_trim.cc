// See heap_trim.h.
#include "headrace/base/heap_trim.h"

#include <malloc.h>

namespace headrace {

bool HeapTrim::is_time(std::chrono::milliseconds between) {
  if (bytes_max_ == MemoryBudget::kUnlimited / 8) return false;
  Clock::rep now = Clock::now().time_since_epoch().count();
  Clock::rep next = next_.load(std::memory_order_relaxed);
  return now >= next &&
         next_.compare_exchange_strong(next, now + Clock::duration(between).count(), std::memory_order_relaxed);
}

void HeapTrim::now_and_then() {
  if (is_time(std::chrono::milliseconds(100)) && ::mallinfo2().fordblks > bytes_max_) ::malloc_trim(0);
}

void HeapTrim::now_and_then_within(const MemoryBudget& memory) {
  if (!is_time(std::chrono::milliseconds(10))) return;
  if (::mallinfo2().fordblks + memory.used_bytes() > memory.limit_bytes()) ::malloc_trim(0);
}

}  // namespace headrace
