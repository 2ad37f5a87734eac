// See key_histogram.h.
#include "headrace/kernel/key_histogram.h"

#include <algorithm>
#include <bit>

namespace headrace {

namespace {

constexpr size_t kSlotsMin = 16;
constexpr const char* kWhat = "statistics of a column";

}  // namespace

KeyHistogram::KeyHistogram(MemoryBudget& memory) : reservation_(memory, 0, kWhat) {}

template <typename Visit>
void KeyHistogram::for_each(const Visit& visit) const {
  for (size_t i = 0; i < window_.size(); ++i) {
    if (window_[i] != 0) visit(base_ + i, window_[i]);
  }
  for (const Slot& slot : slots_) {
    if (slot.count != 0) visit(slot.prefix, slot.count);
  }
}

void KeyHistogram::charge(size_t extra_bytes) {
  reservation_.resize(window_.size() * sizeof(int64_t) + slots_.size() * sizeof(Slot) + extra_bytes, kWhat);
}

size_t KeyHistogram::add(std::span<const uint64_t> keys) {
  for (size_t i = 0; i < keys.size(); ++i) {
    const uint64_t prefix = keys[i] >> shift_;
    if (has_window_) {
      const uint64_t at = prefix - base_;
      if (at < window_.size()) [[likely]] {
        taken_ += window_[at]++ == 0 ? 1 : 0;
        continue;
      }
    } else if (Slot& slot = slots_[place_of(prefix)]; slot.count != 0) [[likely]] {
      ++slot.count;
      continue;
    }
    if (add(keys[i], 1) == Outcome::kFull) return i;
  }
  return keys.size();
}

KeyHistogram::Outcome KeyHistogram::add(uint64_t key, int64_t times) {
  const uint64_t prefix = key >> shift_;
  if (has_window_) {
    if (prefix - base_ >= window_.size() && !reach(prefix)) {
      rebuild(std::bit_ceil(std::max(kSlotsMin, 2 * taken_)), 0);
      return add(key, times);
    }
    int64_t& count = window_[prefix - base_];
    const bool is_new = count == 0;
    count += times;
    taken_ += is_new ? 1 : 0;
    return is_new ? Outcome::kNew : Outcome::kKnown;
  }
  Slot& slot = slots_[place_of(prefix)];
  if (slot.count != 0) {
    slot.count += times;
    return Outcome::kKnown;
  }
  if (taken_ == limit() && !is_widened_) return Outcome::kFull;
  if (taken_ == limit() || 2 * (taken_ + 1) > slots_.size()) {
    make_room();
    return add(key, times);
  }
  slot = {prefix, times};
  ++taken_;
  return Outcome::kNew;
}

bool KeyHistogram::reach(uint64_t prefix) {
  if (window_.empty()) {
    make_window(prefix, 1);
    return true;
  }
  const uint64_t first = std::min(base_, prefix);
  const uint64_t last = std::max(base_ + (window_.size() - 1), prefix);
  if (last - first >= limit()) return false;
  // Room for as much again where it grows, as far as that is allowed.
  const auto size = static_cast<size_t>(last - first) + 1;
  const size_t slack = std::min(size, limit() - size);
  const bool grows_down = prefix < base_;
  const uint64_t down = grows_down ? std::min<uint64_t>(slack, first) : 0;
  const uint64_t up = grows_down ? 0 : std::min<uint64_t>(slack, (~uint64_t{0} >> shift_) - last);
  make_window(first - down, size + down + up);
  return true;
}

void KeyHistogram::make_window(uint64_t base, size_t size) {
  charge(size * sizeof(int64_t));
  std::vector<int64_t> window(size, 0);
  for_each([&](uint64_t prefix, int64_t count) { window[prefix - base] = count; });
  window_ = std::move(window);
  slots_ = {};
  base_ = base;
  has_window_ = true;
  charge(0);
}

void KeyHistogram::make_room() {
  if (taken_ < limit()) return rebuild(2 * slots_.size(), 0);
  // One range more does not fit, so two that are there must become one; the new one decides, too, how wide that takes.
  rebuild(slots_.size(), std::max(1, least_more_shift()));
}

void KeyHistogram::widen() {
  if (is_widened_) return;
  is_widened_ = true;
  rebuild(2 * kRangesMax, std::max(1, least_more_shift()));
}

int KeyHistogram::least_more_shift() const {
  std::vector<uint64_t> prefixes;
  prefixes.reserve(taken_);
  for_each([&](uint64_t prefix, int64_t) { prefixes.push_back(prefix); });
  std::ranges::sort(prefixes);
  int more = 0;
  while (true) {
    prefixes.erase(std::ranges::unique(prefixes).begin(), prefixes.end());
    if (prefixes.size() <= limit()) return more;
    for (uint64_t& prefix : prefixes) prefix >>= 1;
    ++more;
  }
}

void KeyHistogram::rebuild(size_t slot_count, int more_shift) {
  charge((slot_count + taken_) * sizeof(Slot));
  std::vector<Slot> old;
  old.reserve(taken_);
  for_each([&](uint64_t prefix, int64_t count) { old.push_back({prefix >> more_shift, count}); });
  window_ = {};
  has_window_ = false;
  slots_.assign(slot_count, Slot{0, 0});
  place_shift_ = 64 - std::countr_zero(slot_count);
  shift_ += more_shift;
  taken_ = 0;
  uint64_t first = ~uint64_t{0};
  uint64_t last = 0;
  for (const Slot& from : old) {
    Slot& slot = slots_[place_of(from.prefix)];
    if (slot.count == 0) ++taken_;
    slot = {from.prefix, slot.count + from.count};
    first = std::min(first, from.prefix);
    last = std::max(last, from.prefix);
  }
  charge(0);
  if (more_shift > 0 && taken_ > 0 && last - first < limit()) make_window(first, static_cast<size_t>(last - first) + 1);
}

bool KeyHistogram::merge(const KeyHistogram& other) {
  if (!is_widened_) {
    size_t new_keys = 0;
    other.for_each([&](uint64_t prefix, int64_t) {
      const bool is_known = has_window_ ? prefix - base_ < window_.size() && window_[prefix - base_] != 0
                                        : slots_[place_of(prefix)].count != 0;
      new_keys += is_known ? 0 : 1;
    });
    if (taken_ + new_keys > kKeysMax) return false;
  }
  if (other.shift_ > shift_) rebuild(2 * kRangesMax, other.shift_ - shift_);
  other.for_each([&](uint64_t prefix, int64_t count) { add(prefix << other.shift_, count); });
  return true;
}

void KeyHistogram::write(ByteWriter& out) const {
  out.put<uint8_t>(is_widened_ ? 1 : 0);
  out.put<int32_t>(shift_);
  const std::vector<Range> all = ranges();
  out.put<uint64_t>(all.size());
  for (const Range& range : all) {
    out.put(range.first);
    out.put(range.count);
  }
}

void KeyHistogram::read(ByteReader& in) {
  const bool is_widened = in.get<uint8_t>() != 0;
  const auto shift = in.get<int32_t>();
  const auto size = in.get<uint64_t>();
  if (shift < 0 || shift > 63 || (shift > 0 && !is_widened) || size > (is_widened ? kRangesMax : kKeysMax)) in.refuse();
  is_widened_ = is_widened;
  if (is_widened) rebuild(2 * kRangesMax, shift);
  for (uint64_t i = 0; i < size; ++i) {
    const auto first = in.get<uint64_t>();
    const auto count = in.get<int64_t>();
    if (count <= 0 || add(first, count) != Outcome::kNew) in.refuse();
  }
}

std::vector<KeyHistogram::Range> KeyHistogram::ranges() const {
  std::vector<Range> ranges;
  ranges.reserve(taken_);
  for_each([&](uint64_t prefix, int64_t count) { ranges.push_back({prefix << shift_, count}); });
  std::ranges::sort(ranges, {}, &Range::first);
  return ranges;
}

}  // namespace headrace
