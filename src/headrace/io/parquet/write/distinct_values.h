// The distinct values of a column, numbered in the order in which they first come: what a dictionary page holds.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "headrace/kernel/hash.h"

namespace headrace {

/// Key is an unsigned integer, the bits of a number, or a string_view into bytes that outlive this.
///
/// Bounded by `count_max`, so that it is not charged to a memory budget.
template <typename Key>
class DistinctValues {
 public:
  static constexpr std::uint32_t kFull = 0xffffffff;

  explicit DistinctValues(std::size_t count_max) : count_max_(count_max) { clear(); }

  void clear() {
    values_.clear();
    slots_.assign(kSlotsMin, 0);
  }
  /// The number of `key`, which is added if it is new; kFull when it is new and the table is full.
  std::uint32_t find_or_add(Key key) {
    std::size_t mask = slots_.size() - 1;
    for (std::size_t slot = hash(key) & mask;; slot = (slot + 1) & mask) {
      std::uint32_t number = slots_[slot];
      if (number == 0) return add(key, slot);
      if (values_[number - 1] == key) return number - 1;
    }
  }
  /// Forgets all but the first `count` values.
  void shrink(std::size_t count) {
    values_.resize(count);
    rebuild(slots_.size());
  }
  std::span<const Key> values() const { return values_; }
  std::size_t size() const { return values_.size(); }

 private:
  static constexpr std::size_t kSlotsMin = 256;

  static std::uint64_t hash(std::string_view text) { return hash_bytes(text); }
  static std::uint64_t hash(std::uint64_t bits) {
    std::uint64_t product = (bits ^ bits >> 32) * 0x9e3779b97f4a7c15;
    return product ^ product >> 32;
  }

  std::uint32_t add(Key key, std::size_t slot) {
    if (values_.size() == count_max_) return kFull;
    values_.push_back(key);
    std::uint32_t number = static_cast<std::uint32_t>(values_.size());
    slots_[slot] = number;
    if (values_.size() * 2 > slots_.size()) rebuild(slots_.size() * 2);
    return number - 1;
  }

  void rebuild(std::size_t slot_count) {
    slots_.assign(slot_count, 0);
    for (std::size_t i = 0; i < values_.size(); ++i) {
      std::size_t slot = hash(values_[i]) & (slot_count - 1);
      while (slots_[slot] != 0) slot = (slot + 1) & (slot_count - 1);
      slots_[slot] = static_cast<std::uint32_t>(i + 1);
    }
  }

  std::size_t count_max_;
  std::vector<Key> values_;
  std::vector<std::uint32_t> slots_;  // a value's number, counted from 1; 0: free
};

}  // namespace headrace
