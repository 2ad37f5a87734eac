// WordTable: 64-bit words to 32-bit numbers. The hash table under joins, group_by and exact distinct counts.
//
// Two layouts, chosen by the words themselves. Where they lie close together, the number of word w is direct_[w -
// base_]:
//
//   direct_   | 3 | - | 0 | 7 | …      (- is -1: not there)
//
// Else open addressing with linear probing; word and number share a 16-byte slot, so that a lookup costs one cache
// miss:
//
//   slots_    | word, 3 | free | word, 0 | …      at most 5/8 of them taken, a power of two
//
// A slot's place is the top bits of the word times 2^64 / golden ratio (Knuth, The Art of Computer Programming, volume
// 3, 6.4), which spreads arithmetic progressions, and so most ids and times, better than chance would. Lookups take
// many words at once and prefetch some rows ahead; nothing is allocated for them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "headrace/base/memory_budget.h"

namespace headrace {

/// Rows between the row that is looked up and the row whose slot is prefetched.
inline constexpr std::size_t kPrefetchRows = 24;

class WordTable {
 public:
  /// Charges itself to `memory`; without one, its owner charges bytes().
  explicit WordTable(MemoryBudget* memory = nullptr);

  /// Words in the table.
  std::size_t size() const { return count_; }
  std::size_t bytes() const {
    return slots_.size() * sizeof(Slot) + direct_.size() * sizeof(std::int32_t) +
           present_.size() * sizeof(std::uint64_t);
  }
  bool is_direct() const { return !direct_.empty(); }

  /// Says how many words will come, so that the layout suits them from the start.
  void expect(std::size_t word_count) { expected_ = word_count; }
  /// Says that they will lie between `least` and `greatest`, as signed numbers.
  void expect_range(std::int64_t least, std::int64_t greatest) { expected_range_ = {least, greatest}; }

  /// Sets ids[i] to the number of words[i]. A new word gets new_id(i); a row with valid[i] == 0 is not looked up and
  /// gets null_id(i). `valid` may be nullptr: all are.
  template <typename NewId, typename NullId>
  void insert(std::span<const std::uint64_t> words, const std::uint8_t* valid, std::span<std::int32_t> ids,
              const NewId& new_id, const NullId& null_id);

  /// Sets ids[i] to the number of words[i], or to -1 when it is not there or valid[i] == 0. Thread-safe beside other
  /// calls of find().
  void find(std::span<const std::uint64_t> words, const std::uint8_t* valid, std::span<std::int32_t> ids) const;

  /// Ends inserting, when words will be looked up of which many are not there: those that lie in the range of the
  /// table's words are then told by one bit each. No insert() may follow.
  void seal();

  /// The number of a word that may be new: then it gets `new_id`.
  std::int32_t insert_one(std::uint64_t word, std::int32_t new_id);

  /// Calls visit(word, id) for every word, in no order that means anything.
  template <typename Visit>
  void for_each(const Visit& visit) const;

 private:
  struct Slot {
    std::uint64_t word;
    std::int32_t id;  // -1 in a free slot
    std::uint32_t unused;
  };

  std::size_t place_of(std::uint64_t word) const { return (word * 0x9e3779b97f4a7c15U) >> shift_; }
  /// The slot of a word, or the free slot where it belongs.
  Slot& slot_of(std::uint64_t word) {
    std::size_t mask = slots_.size() - 1;
    std::size_t at = place_of(word);
    while (slots_[at].id >= 0 && slots_[at].word != word) at = (at + 1) & mask;
    return slots_[at];
  }
  void find_in_slots(std::span<const std::uint64_t> words, std::span<std::int32_t> ids) const;
  void find_present(std::span<const std::uint64_t> words, std::span<std::int32_t> ids) const;
  /// Chooses the layout for the words so far and `words`.
  void prepare(std::span<const std::uint64_t> words, const std::uint8_t* valid);
  void rebuild_direct(std::uint64_t base, std::size_t range);
  void rebuild_slots(std::size_t word_count);
  void charge(std::size_t bytes);

  std::vector<std::int32_t> direct_;
  std::vector<std::uint64_t> present_;  // after seal(): bit w - least_ of every word w, where slots are in use
  std::uint64_t base_ = 0;
  std::vector<Slot> slots_;
  int shift_ = 64;
  std::size_t slots_limit_ = 0;  // how many words the slots take before they grow
  std::size_t count_ = 0;
  std::size_t expected_ = 0;
  std::optional<std::pair<std::int64_t, std::int64_t>> expected_range_;
  std::int64_t least_ = 0;  // of all words, as signed numbers; nothing while the table is empty
  std::int64_t greatest_ = 0;
  bool has_charge_ = false;
  Reservation reservation_;
};

template <typename NewId, typename NullId>
void WordTable::insert(std::span<const std::uint64_t> words, const std::uint8_t* valid, std::span<std::int32_t> ids,
                       const NewId& new_id, const NullId& null_id) {
  prepare(words, valid);
  const std::size_t rows = words.size();
  if (is_direct()) {
    const std::size_t last = direct_.size() - 1;
    for (std::size_t i = 0; i < rows; ++i) {
      if (i + kPrefetchRows < rows) __builtin_prefetch(&direct_[std::min(words[i + kPrefetchRows] - base_, last)], 1);
      if (valid != nullptr && valid[i] == 0) {
        ids[i] = null_id(i);
        continue;
      }
      std::int32_t& id = direct_[words[i] - base_];
      if (id < 0) {
        id = new_id(i);
        ++count_;
      }
      ids[i] = id;
    }
    return;
  }
  for (std::size_t i = 0; i < rows; ++i) {
    if (i + kPrefetchRows < rows) __builtin_prefetch(&slots_[place_of(words[i + kPrefetchRows])], 1);
    if (valid != nullptr && valid[i] == 0) {
      ids[i] = null_id(i);
      continue;
    }
    Slot* slot = &slot_of(words[i]);
    if (slot->id < 0) {
      if (count_ >= slots_limit_) {
        rebuild_slots(2 * count_ + 1);
        slot = &slot_of(words[i]);
      }
      *slot = {words[i], new_id(i), 0};
      ++count_;
    }
    ids[i] = slot->id;
  }
}

template <typename Visit>
void WordTable::for_each(const Visit& visit) const {
  for (std::size_t i = 0; i < direct_.size(); ++i) {
    if (direct_[i] >= 0) visit(base_ + i, direct_[i]);
  }
  for (const Slot& slot : slots_) {
    if (slot.id >= 0) visit(slot.word, slot.id);
  }
}

}  // namespace headrace
