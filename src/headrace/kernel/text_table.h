// TextTable: byte strings to 32-bit numbers, for keys that are texts.
//
// Open addressing with linear probing. A slot has the whole 64-bit hash, so that only a key that is there, as good as
// always, leads to its bytes in the arena:
//
//   slots_    | hash, entry, id | free | …      at most 5/8 of them taken, a power of two
//   offsets_  where entry e's bytes begin in arena_; one more offset ends the last
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/base/memory_budget.h"
#include "headrace/kernel/word_table.h"

namespace headrace {

/// Texts one after another: text i is bytes[offsets[i]] … bytes[offsets[i + 1]].
struct TextRows {
  const char* bytes;
  std::span<const std::int32_t> offsets;

  std::size_t size() const { return offsets.size() - 1; }
  std::string_view operator[](std::size_t row) const {
    return {bytes + offsets[row], static_cast<std::size_t>(offsets[row + 1] - offsets[row])};
  }
};

class TextTable {
 public:
  /// Charges itself to `memory`; without one, its owner charges bytes().
  explicit TextTable(MemoryBudget* memory = nullptr);

  std::size_t size() const { return offsets_.size() - 1; }
  std::size_t bytes() const {
    return slots_.size() * sizeof(Slot) + offsets_.capacity() * sizeof(std::size_t) + arena_.capacity();
  }
  /// The bytes of the text that was entered as number `entry`, counted from 0.
  std::string_view text(std::size_t entry) const {
    return {arena_.data() + offsets_[entry], offsets_[entry + 1] - offsets_[entry]};
  }

  /// As WordTable::insert. `hashes` is room for one number a row that the caller keeps.
  template <typename NewId, typename NullId>
  void insert(const TextRows& rows, const std::uint8_t* valid, std::vector<std::uint64_t>& hashes,
              std::span<std::int32_t> ids, const NewId& new_id, const NullId& null_id);

  /// As WordTable::find.
  void find(const TextRows& rows, const std::uint8_t* valid, std::vector<std::uint64_t>& hashes,
            std::span<std::int32_t> ids) const;

 private:
  struct Slot {
    std::uint64_t hash;
    std::uint32_t entry;
    std::int32_t id;  // -1 in a free slot
  };

  static void hash_rows(const TextRows& rows, std::vector<std::uint64_t>& hashes);
  /// The slot of a text, or the free slot where it belongs.
  std::size_t place_of(std::string_view value, std::uint64_t hash) const {
    std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at].id >= 0 && (slots_[at].hash != hash || text(slots_[at].entry) != value)) at = (at + 1) & mask;
    return at;
  }
  /// Puts a new text into the slot where it belongs.
  void add(std::string_view value, std::uint64_t hash, std::int32_t id);
  void rebuild_slots(std::size_t slot_count);
  void charge(std::size_t bytes);

  std::vector<Slot> slots_;
  std::vector<std::size_t> offsets_ = {0};
  std::string arena_;
  bool has_charge_ = false;
  Reservation reservation_;
};

template <typename NewId, typename NullId>
void TextTable::insert(const TextRows& rows, const std::uint8_t* valid, std::vector<std::uint64_t>& hashes,
                       std::span<std::int32_t> ids, const NewId& new_id, const NullId& null_id) {
  hash_rows(rows, hashes);
  const std::size_t row_count = rows.size();
  for (std::size_t i = 0; i < row_count; ++i) {
    if (i + kPrefetchRows < row_count) __builtin_prefetch(&slots_[hashes[i + kPrefetchRows] & (slots_.size() - 1)], 1);
    if (valid != nullptr && valid[i] == 0) {
      ids[i] = null_id(i);
      continue;
    }
    std::size_t at = place_of(rows[i], hashes[i]);
    if (slots_[at].id >= 0) {
      ids[i] = slots_[at].id;
    } else {
      ids[i] = new_id(i);
      add(rows[i], hashes[i], ids[i]);
    }
  }
}

}  // namespace headrace
