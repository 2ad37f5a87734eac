// Large blocks of memory in large pages, where the system offers these on request (Linux: transparent huge pages).
//
// A lookup at a random place of a table of some MiB costs a walk through page tables besides the access itself, and
// each page of 4 KiB a fault when it is first touched.
#pragma once

#include <cstddef>

namespace headrace {

/// Asks for large pages in the part of a new block that consists of whole ones; blocks of less than 4 MiB stay as they
/// are. A hint: where the system knows nothing of it, nothing happens. Contents are not touched.
void prefer_huge_pages(void* block, std::size_t size_bytes);

}  // namespace headrace
