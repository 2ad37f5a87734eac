// A set of literal values with their positions, for fast lookup: the lists of `in` and of vocabularies.
//
// Open addressing with linear probing over at most half-full slots. Values of fixed width up to 8 bytes are kept as
// 64-bit keys, all others as bytes; a slot has 32 bits of its value's hash, so that bytes are compared (almost) only
// when they are equal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/column/column.h"

namespace headrace {

/// The 64-bit key of a value: integers as they are, floats so that equal ones have equal keys (-0.0 as 0.0, one NaN).
std::int64_t index_key(std::int64_t value);
std::int64_t index_key(double value);
template <typename T>
std::int64_t index_key(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    return index_key(static_cast<double>(value));
  } else {
    return index_key(static_cast<std::int64_t>(value));
  }
}

class ValueIndex {
 public:
  static constexpr std::int32_t kMissing = -1;

  ValueIndex() = default;
  /// Indexes the values of a scalar column; of equal ones the first counts. Nulls are left out.
  explicit ValueIndex(const Column& values);

  bool has_null() const { return has_null_; }
  /// Rows that equal one before them.
  const std::vector<std::int32_t>& duplicates() const { return duplicates_; }

  /// The row of the value with this key in a column with 64-bit keys, or kMissing.
  std::int32_t find(std::int64_t key) const {
    if (slots_.empty()) return kMissing;
    for (std::size_t at = mix(key) & mask_;; at = (at + 1) & mask_) {
      std::int32_t row = slots_[at].row;
      if (row == kMissing || keys_[static_cast<std::size_t>(row)] == key) return row;
    }
  }
  /// The row of these bytes, whose hash_bytes() is given, in a column of strings, binary or decimals (16 bytes), or
  /// kMissing.
  std::int32_t find(std::string_view bytes, std::uint64_t hash) const {
    if (slots_.empty()) return kMissing;
    for (std::size_t at = hash & mask_;; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.row == kMissing || (slot.tag == tag_of(hash) && bytes_at(slot.row) == bytes)) return slot.row;
    }
  }

 private:
  struct Slot {
    std::int32_t row = kMissing;
    std::uint32_t tag = 0;  // of values that are kept as bytes
  };
  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }
  static std::size_t mix(std::int64_t key) {
    std::uint64_t x = static_cast<std::uint64_t>(key);
    x = (x ^ (x >> 32)) * 0x9e3779b97f4a7c15;
    return static_cast<std::size_t>(x ^ (x >> 29));
  }
  std::string_view bytes_at(std::int32_t row) const;
  void add(std::int32_t row);

  Column values_;
  std::vector<std::int64_t> keys_;  // by row; empty when bytes are the keys
  std::vector<Slot> slots_;
  std::size_t mask_ = 0;
  bool has_null_ = false;
  std::vector<std::int32_t> duplicates_;
};

}  // namespace headrace
