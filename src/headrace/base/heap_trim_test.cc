// Free memory between blocks that stay goes back to the system.
#include "headrace/base/heap_trim.h"

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

// Sanitizers bring an allocator of their own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace headrace {
namespace {

/// Bytes of this process in memory.
std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t all_pages = 0, pages = 0;
  file >> all_pages >> pages;
  return pages * 4096;
}

}  // namespace

TEST_CASE("free memory between blocks that stay goes back to the system, unless it is little or there is no limit") {
  std::vector<std::unique_ptr<char[]>> passing, staying;
  for (int i = 0; i < 1000; ++i) {
    passing.push_back(std::make_unique<char[]>(64 << 10));  // less than what the C library maps apart
    staying.push_back(std::make_unique<char[]>(100));
  }
  passing.clear();
  std::size_t before = resident_bytes();
  HeapTrim(*MemoryBudget::create()).now_and_then();
  HeapTrim(*MemoryBudget::create(std::size_t{1} << 30)).now_and_then();
  CHECK(resident_bytes() + (8 << 20) > before);
  HeapTrim(*MemoryBudget::create(std::size_t{64} << 20)).now_and_then();
  CHECK(resident_bytes() + (32 << 20) < before);
}

}  // namespace headrace

#endif
