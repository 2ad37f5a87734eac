// See key_histogram.h.
#include "headrace/kernel/key_histogram.h"

#include <algorithm>
#include <bit>

namespace headrace {

namespace {

constexpr size_t kSlotsMin = 16;
constexpr const char* kWhat = "statistics of a column";

}  // namespace

KeyHistogram::KeyHistogram(MemoryBudget& memory) : reservation_(memory, 0, kWhat) { rebuild(kSlotsMin, 0); }

size_t KeyHistogram::add(std::span<const uint64_t> keys) {
  for (size_t i = 0; i < keys.size(); ++i) {
    Slot& slot = slots_[place_of(keys[i] >> shift_)];
    if (slot.count != 0) [[likely]] {
      ++slot.count;
    } else if (add(keys[i], 1) == Outcome::kFull) {
      return i;
    }
  }
  return keys.size();
}

KeyHistogram::Outcome KeyHistogram::add(uint64_t key, int64_t times) {
  Slot* slot = &slots_[place_of(key >> shift_)];
  if (slot->count != 0) {
    slot->count += times;
    return Outcome::kKnown;
  }
  if (taken_ == limit() && !is_widened_) return Outcome::kFull;
  if (taken_ == limit() || 2 * (taken_ + 1) > slots_.size()) {
    make_room();
    return add(key, times);
  }
  *slot = {key >> shift_, times};
  ++taken_;
  return Outcome::kNew;
}

void KeyHistogram::make_room() {
  if (taken_ < limit()) return rebuild(2 * slots_.size(), 0);
  // One range more does not fit, so two that are there must become one; how wide that takes, the new range decides, too.
  int more = 1;
  while (ranges_when_wider(more) > kRangesMax) ++more;
  rebuild(slots_.size(), more);
}

void KeyHistogram::widen() {
  if (is_widened_) return;
  is_widened_ = true;
  int more = 1;
  while (ranges_when_wider(more) > kRangesMax) ++more;
  rebuild(2 * kRangesMax, more);
}

size_t KeyHistogram::ranges_when_wider(int more_shift) const {
  std::vector<uint64_t> prefixes;
  prefixes.reserve(taken_);
  for (const Slot& slot : slots_) {
    if (slot.count != 0) prefixes.push_back(slot.prefix >> more_shift);
  }
  std::ranges::sort(prefixes);
  return static_cast<size_t>(std::ranges::unique(prefixes).begin() - prefixes.begin());
}

void KeyHistogram::rebuild(size_t slot_count, int more_shift) {
  reservation_.resize(reservation_.bytes() + slot_count * sizeof(Slot), kWhat);
  const std::vector<Slot> old = std::move(slots_);
  slots_.assign(slot_count, Slot{0, 0});
  place_shift_ = 64 - std::countr_zero(slot_count);
  shift_ += more_shift;
  taken_ = 0;
  for (const Slot& from : old) {
    if (from.count == 0) continue;
    Slot& slot = slots_[place_of(from.prefix >> more_shift)];
    if (slot.count == 0) ++taken_;
    slot = {from.prefix >> more_shift, slot.count + from.count};
  }
  reservation_.resize(slot_count * sizeof(Slot), kWhat);
}

bool KeyHistogram::merge(const KeyHistogram& other) {
  if (!is_widened_) {
    const auto is_new = [&](const Slot& slot) { return slot.count != 0 && slots_[place_of(slot.prefix)].count == 0; };
    if (taken_ + static_cast<size_t>(std::ranges::count_if(other.slots_, is_new)) > kKeysMax) return false;
  }
  if (other.shift_ > shift_) rebuild(slots_.size(), other.shift_ - shift_);
  for (const Slot& slot : other.slots_) {
    if (slot.count != 0) add(slot.prefix << other.shift_, slot.count);
  }
  return true;
}

std::vector<KeyHistogram::Range> KeyHistogram::ranges() const {
  std::vector<Range> ranges;
  ranges.reserve(taken_);
  for (const Slot& slot : slots_) {
    if (slot.count != 0) ranges.push_back({slot.prefix << shift_, slot.count});
  }
  std::ranges::sort(ranges, {}, &Range::first);
  return ranges;
}

}  // namespace headrace
