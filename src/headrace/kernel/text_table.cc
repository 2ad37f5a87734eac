// See text_table.h.
#include "headrace/kernel/text_table.h"

#include <limits>
#include <utility>

#include "headrace/base/error.h"
#include "headrace/kernel/hash.h"

namespace headrace {

TextTable::TextTable(MemoryBudget* memory) : has_charge_(memory != nullptr) {
  if (has_charge_) reservation_ = Reservation(*memory, 0, "a hash table");
  rebuild_slots(64);
}

void TextTable::charge(std::size_t bytes) {
  if (has_charge_) reservation_.resize(bytes, "a hash table");
}

void TextTable::hash_rows(const TextRows& rows, std::vector<std::uint64_t>& hashes) {
  if (hashes.size() < rows.size()) hashes.resize(rows.size());
  hash_bytes_batch(rows.offsets, rows.bytes, {hashes.data(), rows.size()});
}

void TextTable::rebuild_slots(std::size_t slot_count) {
  charge(bytes() + slot_count * sizeof(Slot));
  std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slot_count, Slot{0, 0, -1}));
  for (const Slot& slot : old) {
    if (slot.id < 0) continue;
    std::size_t at = slot.hash & (slot_count - 1);
    while (slots_[at].id >= 0) at = (at + 1) & (slot_count - 1);
    slots_[at] = slot;
  }
  old = {};
  charge(bytes());
}

void TextTable::add(std::string_view value, std::uint64_t hash, std::int32_t id) {
  if (size() + 1 > slots_.size() / 8 * 5) rebuild_slots(2 * slots_.size());
  if (arena_.size() + value.size() > arena_.capacity()) {
    std::size_t capacity = std::max(2 * arena_.capacity(), arena_.size() + value.size());
    charge(bytes() + capacity);
    arena_.reserve(capacity);
    charge(bytes());
  }
  std::size_t entry = size();
  arena_.append(value);
  offsets_.push_back(arena_.size());
  std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].id >= 0) at = (at + 1) & mask;
  slots_[at] = {hash, static_cast<std::uint32_t>(entry), id};
}

void TextTable::find(const TextRows& rows, const std::uint8_t* valid, std::vector<std::uint64_t>& hashes,
                     std::span<std::int32_t> ids) const {
  hash_rows(rows, hashes);
  const std::size_t row_count = rows.size();
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = 0; i < row_count; ++i) {
    if (i + kPrefetchRows < row_count) __builtin_prefetch(&slots_[hashes[i + kPrefetchRows] & mask]);
    ids[i] = valid != nullptr && valid[i] == 0 ? -1 : slots_[place_of(rows[i], hashes[i])].id;
  }
}

}  // namespace headrace
