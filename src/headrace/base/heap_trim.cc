// See heap_trim.h.
#include "headrace/base/heap_trim.h"

#include <malloc.h>

namespace headrace {

void HeapTrim::now_and_then() {
  constexpr Clock::rep kBetween = std::chrono::duration_cast<Clock::duration>(std::chrono::milliseconds(100)).count();
  if (bytes_max_ == MemoryBudget::kUnlimited / 8) return;
  Clock::rep now = Clock::now().time_since_epoch().count();
  Clock::rep next = next_.load(std::memory_order_relaxed);
  if (now < next || !next_.compare_exchange_strong(next, now + kBetween, std::memory_order_relaxed)) return;
  if (::mallinfo2().fordblks > bytes_max_) ::malloc_trim(0);
}

}  // namespace headrace
