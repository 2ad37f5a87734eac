// Buffers of columns that are used again when nothing refers to their columns any more.
//
// Memory fresh from the system costs more at its first touch than decoding into it, and batches take buffers of the
// same sizes again and again.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "headrace/column/buffer.h"

namespace headrace {

/// Thread-safe. What lies idle stays charged to the budget: 16 MiB at most, and a 32nd of the budget. Made by
/// std::make_shared(); columns may outlive it, and their buffers are freed then.
class ColumnPool : public std::enable_shared_from_this<ColumnPool> {
 public:
  ColumnPool();
  /// `size_bytes` bytes, uninitialised. Requires: all calls name the same budget.
  std::shared_ptr<Buffer> allocate(MemoryBudget& memory, std::size_t size_bytes);
  /// Frees what is idle.
  void clear();

 private:
  struct Idle {
    std::size_t size_bytes;
    std::shared_ptr<Buffer> buffer;
  };

  std::shared_ptr<Buffer> take(MemoryBudget& memory, std::size_t size_bytes);
  void give(std::shared_ptr<Buffer> buffer) noexcept;

  std::mutex mutex_;
  std::vector<Idle> idle_;  // the longest idle first
  std::size_t idle_bytes_ = 0;
  std::size_t idle_bytes_max_ = 0;
};

/// From `pool`, unless it is nullptr.
inline std::shared_ptr<Buffer> allocate_from(ColumnPool* pool, MemoryBudget& memory, std::size_t size_bytes) {
  return pool == nullptr ? Buffer::allocate(memory, size_bytes) : pool->allocate(memory, size_bytes);
}

}  // namespace headrace
