// Distinct keys to dense numbers: the hash table under joins, group_by and distinct.
//
// A key is one row of one or more columns. A single key of at most 8 bytes is normalised to a 64-bit word; everything
// else is encoded to bytes:
//
//   per column:  1 byte 0 = null, 1 = valid, then for a valid value its 8-byte word, 16 bytes (decimal),
//                or uint32 size and bytes (string, binary)
//
// -0.0 is 0.0 and all NaN are one, so that encoded keys are equal exactly when the values are. The table is open
// addressing over 32-bit ids with linear probing; each id keeps its 64-bit hash, so growing never touches keys.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "headrace/base/memory_budget.h"
#include "headrace/column/column.h"

namespace headrace {

class KeyIndex {
 public:
  /// Throws Error(kUnsupported) for a type that cannot be a key (list, struct).
  KeyIndex(const std::vector<Type>& types, MemoryBudget& memory);

  /// Sets ids[i] to the number of row i's key, giving new keys the next numbers in order of first appearance. A null is
  /// a value here: it equals null.
  void insert(std::span<const Column> keys, std::size_t row_count, std::vector<std::uint32_t>& ids);

  /// Sets ids[i] to the number of row i's key, or to -1 when it is not there or any of its columns is null. Thread-safe
  /// beside other find() calls.
  void find(std::span<const Column> keys, std::size_t row_count, std::vector<std::int32_t>& ids) const;

  std::size_t size() const { return hashes_.size(); }

 private:
  struct Encoded {
    std::vector<std::uint64_t> words;  // one word a row, or
    std::vector<std::size_t> offsets;  // row_count + 1 offsets into bytes
    std::string bytes;
    std::vector<std::uint64_t> hashes;
    std::vector<std::uint8_t> has_null;  // empty when no row has one
  };
  Encoded encode(std::span<const Column> keys, std::size_t row_count) const;
  bool equals(std::uint32_t id, const Encoded& rows, std::size_t row) const;
  void add(const Encoded& rows, std::size_t row);
  void grow_slots(std::size_t id_count);
  void charge();

  bool is_word_;
  std::vector<std::uint32_t> slots_;  // id + 1, or 0 for free; a power of two of them
  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint64_t> words_;
  std::vector<std::uint8_t> is_null_word_;
  std::vector<std::size_t> offsets_ = {0};
  std::string bytes_;
  Reservation reservation_;
};

}  // namespace headrace
