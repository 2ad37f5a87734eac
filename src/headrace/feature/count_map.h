// Counts of byte strings: the accumulator of vocabularies.
//
// Open addressing over 32-bit entry numbers; entries hold hash, count and where the key's bytes stand in one arena:
//
//   slots    0 4 0 0 2 1 0 3      entry number + 1, or 0; size a power of two, at most half full
//   entries  {hash, count, offset, length} …   in order of first appearance
//   arena    the bytes of the keys, one after another
//
// All of it is charged to the budget before it grows.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "headrace/base/memory_budget.h"

namespace headrace {

class CountMap {
 public:
  explicit CountMap(MemoryBudget& memory);

  /// Adds `count` to the count of `key`. `hash` is a hash of the key, the same one for all calls.
  void add(std::string_view key, std::uint64_t hash, std::int64_t count);
  /// Adds all counts of `other`.
  void add_all(const CountMap& other);

  struct Entry {
    std::uint64_t hash;
    std::int64_t count;
    std::uint64_t key_offset;
    std::uint32_t key_bytes;
  };
  const std::vector<Entry>& entries() const { return entries_; }
  std::string_view key(const Entry& entry) const { return {arena_.data() + entry.key_offset, entry.key_bytes}; }

  MemoryBudget& memory() const { return *memory_; }
  std::size_t state_bytes() const { return reservation_.bytes(); }

 private:
  void insert(std::size_t slot, std::string_view key, std::uint64_t hash, std::int64_t count);
  void grow_slots();
  void grow_arena(std::size_t additional_bytes);
  /// Charges what the three arrays hold, and `extra_bytes` beside them while one is being copied.
  void charge(std::size_t extra_bytes);

  std::shared_ptr<MemoryBudget> memory_;
  Reservation reservation_;
  std::vector<std::uint32_t> slots_;
  std::vector<Entry> entries_;
  std::vector<char> arena_;
};

}  // namespace headrace
