// Bytes that grow while they are written, charged to a memory budget.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include "headrace/column/buffer.h"

namespace headrace {

/// Cleared, the bytes keep their room for the next use: fresh memory costs four times what used memory does.
class GrowingBytes {
 public:
  explicit GrowingBytes(std::shared_ptr<MemoryBudget> memory) : memory_(std::move(memory)) {}

  std::size_t size() const { return size_; }
  const std::byte* data() const { return buffer_ ? buffer_->data() : nullptr; }
  std::byte* mutable_data() { return buffer_ ? buffer_->mutable_data() : nullptr; }
  std::span<const std::byte> bytes() const { return {data(), size_}; }

  /// Room for `count` bytes behind the end; those that are written become part of the bytes by add(). Earlier pointers
  /// become invalid.
  std::byte* room(std::size_t count) {
    std::size_t needed = size_ + count;
    if (!buffer_ || needed > buffer_->size_bytes()) grow(needed);
    return buffer_->mutable_data() + size_;
  }
  void add(std::size_t count) { size_ += count; }

  void append(const void* data, std::size_t count) {
    if (count == 0) return;
    std::memcpy(room(count), data, count);
    size_ += count;
  }
  /// The first `count` bytes, or all of them when there are fewer.
  void shrink(std::size_t count) { size_ = std::min(size_, count); }
  void clear() { size_ = 0; }

  /// Clears, and makes an array of `count` values of any content.
  template <typename T>
  std::span<T> array(std::size_t count) {
    clear();
    T* start = reinterpret_cast<T*>(room(count * sizeof(T)));
    add(count * sizeof(T));
    return {start, count};
  }

 private:
  void grow(std::size_t needed) {
    std::size_t capacity = std::max<std::size_t>(needed, buffer_ ? 2 * buffer_->size_bytes() : 4096);
    std::shared_ptr<Buffer> larger = Buffer::allocate(*memory_, capacity);
    if (size_ > 0) std::memcpy(larger->mutable_data(), buffer_->data(), size_);
    buffer_ = std::move(larger);
  }

  std::shared_ptr<MemoryBudget> memory_;
  std::shared_ptr<Buffer> buffer_;
  std::size_t size_ = 0;
};

}  // namespace headrace
