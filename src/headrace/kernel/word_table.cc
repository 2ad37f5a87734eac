// See word_table.h.
#include "headrace/kernel/word_table.h"

#include <array>
#include <bit>

#include "headrace/base/huge_pages.h"

namespace headrace {
namespace {

constexpr std::size_t kSlotsMin = 64;

/// `count` times `value`.
template <typename T>
std::vector<T> filled(std::size_t count, const T& value) {
  std::vector<T> values;
  values.reserve(count);
  prefer_huge_pages(values.data(), count * sizeof(T));
  values.resize(count, value);
  return values;
}

/// The widest range of words that `word_count` of them may have to be kept in a plain array: some 16 places a word, and
/// for small tables what fits the cache anyway.
std::uint64_t direct_range_max(std::size_t word_count) {
  constexpr std::size_t kCachedPlaces = std::size_t{1} << 20;
  return std::max<std::uint64_t>(16 * word_count, std::min<std::uint64_t>(64 * word_count, kCachedPlaces));
}

}  // namespace

WordTable::WordTable(MemoryBudget* memory) : has_charge_(memory != nullptr) {
  if (has_charge_) reservation_ = Reservation(*memory, 0, "a hash table");
  rebuild_slots(0);
}

void WordTable::charge(std::size_t bytes) {
  if (has_charge_) reservation_.resize(bytes, "a hash table");
}

void WordTable::prepare(std::span<const std::uint64_t> words, const std::uint8_t* valid) {
  std::int64_t least = least_;
  std::int64_t greatest = greatest_;
  bool any = count_ > 0;
  auto widen = [&](std::uint64_t word) {
    auto value = static_cast<std::int64_t>(word);
    least = std::min(least, value);
    greatest = std::max(greatest, value);
  };
  std::size_t row = 0;
  if (!any) {
    while (row < words.size() && valid != nullptr && valid[row] == 0) ++row;
    if (row == words.size()) return;
    least = greatest = static_cast<std::int64_t>(words[row]);
  }
  if (valid == nullptr) {
    for (; row < words.size(); ++row) widen(words[row]);
  } else {
    for (; row < words.size(); ++row) widen(valid[row] != 0 ? words[row] : static_cast<std::uint64_t>(least));
  }
  if (expected_range_) {
    least = std::min(least, expected_range_->first);
    greatest = std::max(greatest, expected_range_->second);
  }
  least_ = least;
  greatest_ = greatest;

  std::uint64_t start = static_cast<std::uint64_t>(least);
  std::uint64_t range = static_cast<std::uint64_t>(greatest) - start;  // one less than the places it takes
  bool fits = range < direct_range_max(std::max(expected_, count_ + words.size()));
  if (fits && is_direct() && start - base_ < direct_.size() && range < direct_.size() - (start - base_)) return;
  if (fits) {
    // Room for as much again on the side where the range grows, so that ascending words do not copy it each time.
    std::uint64_t slack = is_direct() ? range / 2 : 0;
    bool grows_down = is_direct() && start - base_ >= direct_.size();
    return rebuild_direct(grows_down ? start - slack : start, static_cast<std::size_t>(range + slack) + 1);
  }
  if (is_direct() || slots_limit_ < expected_) rebuild_slots(std::max(expected_, count_ + words.size() / 4));
}

void WordTable::rebuild_direct(std::uint64_t base, std::size_t range) {
  charge(bytes() + range * sizeof(std::int32_t));
  std::vector<std::int32_t> direct = filled<std::int32_t>(range, -1);
  for_each([&](std::uint64_t word, std::int32_t id) { direct[word - base] = id; });
  direct_ = std::move(direct);
  base_ = base;
  slots_ = {};
  slots_limit_ = 0;
  charge(bytes());
}

void WordTable::rebuild_slots(std::size_t word_count) {
  std::size_t slot_count = std::bit_ceil(std::max(kSlotsMin, word_count + word_count / 5 * 3 + 2));
  charge(bytes() + slot_count * sizeof(Slot));
  std::vector<Slot> old = std::move(slots_);
  slots_ = filled(slot_count, Slot{0, -1, 0});
  shift_ = 64 - std::countr_zero(slot_count);
  slots_limit_ = slot_count / 8 * 5;
  for (const Slot& slot : old) {
    if (slot.id >= 0) slot_of(slot.word) = slot;
  }
  for (std::size_t i = 0; i < direct_.size(); ++i) {
    if (direct_[i] >= 0) slot_of(base_ + i) = {base_ + i, direct_[i], 0};
  }
  direct_ = {};
  charge(bytes());
}

void WordTable::seal() {
  constexpr std::uint64_t kPlacesPerWordMax = 1024;
  if (is_direct() || count_ == 0) return;
  std::uint64_t range = static_cast<std::uint64_t>(greatest_) - static_cast<std::uint64_t>(least_);
  if (range / kPlacesPerWordMax >= count_) return;
  charge(bytes() + range / 8 + 16);
  present_.assign(range / 64 + 1, 0);
  for_each([&](std::uint64_t word, std::int32_t) {
    std::uint64_t at = word - static_cast<std::uint64_t>(least_);
    present_[at / 64] |= std::uint64_t{1} << (at % 64);
  });
  charge(bytes());
}

void WordTable::find_present(std::span<const std::uint64_t> words, std::span<std::int32_t> ids) const {
  constexpr std::size_t kBlockRows = 512;
  std::array<std::uint64_t, kBlockRows> known;
  std::array<std::uint16_t, kBlockRows> rows;
  std::array<std::int32_t, kBlockRows> known_ids;
  const auto least = static_cast<std::uint64_t>(least_);
  const std::uint64_t range = static_cast<std::uint64_t>(greatest_) - least;
  for (std::size_t start = 0; start < words.size(); start += kBlockRows) {
    const std::size_t row_count = std::min(kBlockRows, words.size() - start);
    std::size_t count = 0;
    for (std::size_t i = 0; i < row_count; ++i) {
      const std::uint64_t word = words[start + i];
      const std::uint64_t at = std::min(word - least, range);
      const bool is_present = word - least <= range && (present_[at / 64] >> (at % 64) & 1) != 0;
      ids[start + i] = -1;
      known[count] = word;
      rows[count] = static_cast<std::uint16_t>(i);
      count += static_cast<std::size_t>(is_present);
    }
    find_in_slots({known.data(), count}, {known_ids.data(), count});
    for (std::size_t k = 0; k < count; ++k) ids[start + rows[k]] = known_ids[k];
  }
}

std::int32_t WordTable::insert_one(std::uint64_t word, std::int32_t new_id) {
  std::int32_t id = -1;
  insert({&word, 1}, nullptr, {&id, 1}, [&](std::size_t) { return new_id; }, [](std::size_t) { return -1; });
  return id;
}

/// Looks at one slot of every row, then at the next one of those rows that met another word, and so on: whether a word
/// collides is chance, and a branch on it would cost more than the lookup.
void WordTable::find_in_slots(std::span<const std::uint64_t> words, std::span<std::int32_t> ids) const {
  constexpr std::size_t kBlockRows = 512;
  std::array<std::uint32_t, kBlockRows> places;
  std::array<std::uint16_t, kBlockRows> open_rows;
  const Slot* slots = slots_.data();
  const auto mask = static_cast<std::uint32_t>(slots_.size() - 1);
  for (std::size_t start = 0; start < words.size(); start += kBlockRows) {
    const std::uint64_t* block = words.data() + start;
    std::int32_t* block_ids = ids.data() + start;
    const std::size_t rows = std::min(kBlockRows, words.size() - start);
    const std::size_t rows_ahead = std::min(rows + kPrefetchRows, words.size() - start);
    std::size_t open = 0;
    for (std::size_t i = 0; i < rows; ++i) {
      if (i + kPrefetchRows < rows_ahead) __builtin_prefetch(&slots[place_of(block[i + kPrefetchRows])]);
      const auto at = static_cast<std::uint32_t>(place_of(block[i]));
      const Slot& slot = slots[at];
      const bool is_it = slot.word == block[i];
      block_ids[i] = slot.id | -static_cast<std::int32_t>(!is_it);  // -1 where it is another word
      places[open] = at;
      open_rows[open] = static_cast<std::uint16_t>(i);
      open += static_cast<std::size_t>(!is_it & (slot.id >= 0));
    }
    while (open > 0) {
      std::size_t still_open = 0;
      for (std::size_t k = 0; k < open; ++k) {
        const std::uint32_t at = (places[k] + 1) & mask;
        const std::size_t i = open_rows[k];
        const Slot& slot = slots[at];
        const bool is_it = slot.word == block[i];
        block_ids[i] = slot.id | -static_cast<std::int32_t>(!is_it);  // -1 where it is another word
        places[still_open] = at;
        open_rows[still_open] = static_cast<std::uint16_t>(i);
        still_open += static_cast<std::size_t>(!is_it & (slot.id >= 0));
      }
      open = still_open;
    }
  }
}

void WordTable::find(std::span<const std::uint64_t> words, const std::uint8_t* valid,
                     std::span<std::int32_t> ids) const {
  const std::size_t rows = words.size();
  if (is_direct()) {
    const std::size_t last = direct_.size() - 1;
    for (std::size_t i = 0; i < rows; ++i) {
      if (i + kPrefetchRows < rows) __builtin_prefetch(&direct_[std::min(words[i + kPrefetchRows] - base_, last)]);
      std::uint64_t at = words[i] - base_;
      ids[i] = at <= last ? direct_[at] : -1;
    }
  } else if (!present_.empty()) {
    find_present(words, ids);
  } else {
    find_in_slots(words, ids);
  }
  if (valid == nullptr) return;
  for (std::size_t i = 0; i < rows; ++i) ids[i] = valid[i] != 0 ? ids[i] : -1;
}

}  // namespace headrace
