// Validity of rows or elements that come piece by piece.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

#include "headrace/column/buffer.h"

namespace headrace {

/// A byte a row or element. Takes no memory as long as none may be null.
class GrowingValidity {
 public:
  explicit GrowingValidity(MemoryBudget& memory) : memory_(memory) {}

  /// Starts anew; `capacity` is a guess of the length.
  void begin(std::int64_t capacity) {
    bytes_ = nullptr;
    capacity_ = capacity;
    length_ = 0;
    has_nulls_ = false;
  }
  /// Adds `count` valid ones.
  void add_valid(std::int64_t count) {
    if (bytes_ != nullptr) std::memset(room_for(count), 1, static_cast<std::size_t>(count));
    length_ += count;
  }
  /// Adds `count` for the caller to fill in, before the next call.
  std::uint8_t* add(std::int64_t count) {
    std::uint8_t* added = room_for(count);
    length_ += count;
    return added;
  }
  /// Takes the last `count` back.
  void shrink(std::int64_t count) { length_ -= count; }
  void note_nulls() { has_nulls_ = true; }

  std::int64_t length() const { return length_; }
  /// The bytes from `start` on, or nullptr when all are valid.
  const std::uint8_t* from(std::int64_t start) const {
    return bytes_ == nullptr ? nullptr : reinterpret_cast<const std::uint8_t*>(bytes_->data()) + start;
  }
  /// The validity of a column: nothing unless nulls were noted.
  std::shared_ptr<const Buffer> finish() { return has_nulls_ ? std::move(bytes_) : nullptr; }

 private:
  std::uint8_t* room_for(std::int64_t count) {
    std::size_t length = static_cast<std::size_t>(length_);
    std::size_t needed = length + static_cast<std::size_t>(count);
    if (bytes_ == nullptr) {
      bytes_ = Buffer::allocate(memory_, std::max(needed, static_cast<std::size_t>(capacity_)));
      std::memset(bytes_->mutable_data(), 1, length);
    } else if (needed > bytes_->size_bytes()) {
      std::shared_ptr<Buffer> larger = Buffer::allocate(memory_, std::max(needed, bytes_->size_bytes() * 2));
      std::memcpy(larger->mutable_data(), bytes_->data(), length);
      bytes_ = std::move(larger);
    }
    return bytes_->mutable_as<std::uint8_t>() + length;
  }

  MemoryBudget& memory_;
  std::shared_ptr<Buffer> bytes_;
  std::int64_t capacity_ = 0;
  std::int64_t length_ = 0;
  bool has_nulls_ = false;
};

}  // namespace headrace
