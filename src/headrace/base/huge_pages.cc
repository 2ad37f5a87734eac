// See huge_pages.h.
#include "headrace/base/huge_pages.h"

#include <bit>
#include <cstdint>
#include <sys/mman.h>

namespace headrace {

void prefer_huge_pages(void* block, std::size_t size_bytes) {
  constexpr std::size_t kBlockBytesMin = std::size_t{4} << 20;
  constexpr std::size_t kPageBytes = std::size_t{2} << 20;
  if (size_bytes < kBlockBytesMin) return;
  std::uintptr_t first = (std::bit_cast<std::uintptr_t>(block) + kPageBytes - 1) / kPageBytes * kPageBytes;
  std::uintptr_t end = (std::bit_cast<std::uintptr_t>(block) + size_bytes) / kPageBytes * kPageBytes;
  // A hint that is refused changes nothing.
  if (first < end) (void)::madvise(std::bit_cast<void*>(first), end - first, MADV_HUGEPAGE);
}

}  // namespace headrace
