// Immutable, shared bytes, charged to a memory budget.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "headrace/base/memory_budget.h"

namespace headrace {

/// Bytes with an owner. Written only between allocation and the moment it is shared; 64-byte aligned when allocated
/// here.
class Buffer {
 public:
  /// Allocates `size_bytes` uninitialised bytes charged to `memory`; throws Error(kOutOfMemory) when refused.
  static std::shared_ptr<Buffer> allocate(MemoryBudget& memory, std::size_t size_bytes);
  /// Wraps foreign bytes that `owner` keeps alive. They are not charged.
  static std::shared_ptr<Buffer> wrap(const void* data, std::size_t size_bytes, std::shared_ptr<const void> owner);

  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  const std::byte* data() const { return data_; }
  std::size_t size_bytes() const { return size_bytes_; }

  /// The bytes, to fill them. Requires: made by allocate() and not yet shared with a reader.
  std::byte* mutable_data() { return own_; }
  template <typename T>
  T* mutable_as() {
    return reinterpret_cast<T*>(own_);
  }

 private:
  Buffer() = default;

  const std::byte* data_ = nullptr;
  std::byte* own_ = nullptr;
  std::size_t size_bytes_ = 0;
  std::size_t charged_bytes_ = 0;
  std::shared_ptr<MemoryBudget> memory_;
  std::shared_ptr<const void> owner_;
};

}  // namespace headrace
