// See number_profile.h.
#include "headrace/exec/statistics/number_profile.h"

#include <algorithm>

#include "headrace/kernel/hash.h"
#include "headrace/kernel/order_key.h"

namespace headrace {
namespace {

std::uint64_t hash_of(std::uint64_t key) { return hash_int64(static_cast<std::int64_t>(key)); }

/// Adds an integer, which may take more than the 53 bits of a double: as the sum of two of them.
void add_integer(Moments& moments, std::int64_t value, std::int64_t times) {
  constexpr std::int64_t kExactMax = std::int64_t{1} << 53;
  if (value >= -kExactMax && value <= kExactMax) return moments.add(static_cast<double>(value), times);
  const double factor = static_cast<double>(times);
  const double low = static_cast<double>(value & 0xffffffff);
  moments.count += times;
  moments.sum.add_product(static_cast<double>(value - (value & 0xffffffff)), factor);
  moments.sum.add_product(low, factor);
  const Uint128 magnitude = value < 0 ? -static_cast<Uint128>(value) : static_cast<Uint128>(value);
  Uint128 square = magnitude * magnitude;
  for (double unit = 1; square != 0; square >>= 32, unit *= 0x1p32) {
    moments.sum_of_squares.add_product(static_cast<double>(static_cast<std::uint32_t>(square)) * unit, factor);
  }
}

}  // namespace

NumberProfile::NumberProfile(NumberKind kind, MemoryBudget& memory)
    : kind_(kind), memory_(memory.shared_from_this()), counts_(memory) {}

void NumberProfile::add(std::span<const std::uint64_t> keys) {
  if (!wide_) {
    std::size_t taken = counts_.add(keys);
    if (taken == keys.size()) return;
    go_wide();
    keys = keys.subspan(taken);
  }
  if (keys.empty()) return;
  counts_.add(keys);
  const auto [min, max] = std::ranges::minmax(keys);
  wide_->min = std::min(wide_->min, min);
  wide_->max = std::max(wide_->max, max);
  wide_->hashes.resize(keys.size());
  hash_int64_batch({reinterpret_cast<const std::int64_t*>(keys.data()), keys.size()}, wide_->hashes);
  wide_->distinct.add(wide_->hashes);
  if (kind_ == NumberKind::kFloat) {
    for (std::uint64_t key : keys) wide_->moments.add(float64_of_order_key(key));
  } else {
    for (std::uint64_t key : keys) add_to_moments(wide_->moments, key, 1);
  }
}

void NumberProfile::add(std::uint64_t key, std::int64_t times) {
  if (times == 0) return;
  if (!wide_) {
    if (counts_.add(key, times) != KeyHistogram::Outcome::kFull) return;
    go_wide();
  }
  counts_.add(key, times);
  add_wide(key, times);
}

void NumberProfile::go_wide() {
  wide_ = std::make_unique<Wide>(*memory_);
  for (const KeyHistogram::Range& value : counts_.ranges()) add_wide(value.first, value.count);
  counts_.widen();
}

void NumberProfile::add_wide(std::uint64_t key, std::int64_t times) {
  wide_->min = std::min(wide_->min, key);
  wide_->max = std::max(wide_->max, key);
  wide_->distinct.add(hash_of(key));
  add_to_moments(wide_->moments, key, times);
}

void NumberProfile::add_to_moments(Moments& moments, std::uint64_t key, std::int64_t times) const {
  if (kind_ == NumberKind::kFloat) {
    moments.add(float64_of_order_key(key), times);
  } else {
    add_integer(moments, int64_of_order_key(key), times);
  }
}

void NumberProfile::merge(const NumberProfile& other) {
  if (!wide_) {
    if (!other.wide_ && counts_.merge(other.counts_)) return;
    go_wide();
  }
  if (!other.wide_) {
    for (const KeyHistogram::Range& value : other.counts_.ranges()) add(value.first, value.count);
    return;
  }
  counts_.merge(other.counts_);
  wide_->distinct.merge(other.wide_->distinct);
  wide_->moments.merge(other.wide_->moments);
  wide_->min = std::min(wide_->min, other.wide_->min);
  wide_->max = std::max(wide_->max, other.wide_->max);
}

std::size_t NumberProfile::bytes() const {
  return counts_.bytes() + (wide_ ? wide_->distinct.bytes() + wide_->reservation.bytes() : 0);
}

NumberProfile::Summary NumberProfile::summary() const {
  Summary summary;
  summary.ranges = counts_.ranges();
  summary.shift = counts_.shift();
  for (const KeyHistogram::Range& range : summary.ranges) summary.count += range.count;
  if (wide_) {
    summary.distinct = wide_->distinct.estimate();
    summary.is_distinct_exact = wide_->distinct.is_exact();
    summary.min = wide_->min;
    summary.max = wide_->max;
    summary.moments = wide_->moments;
    return summary;
  }
  summary.distinct = std::ssize(summary.ranges);
  for (const KeyHistogram::Range& value : summary.ranges) add_to_moments(summary.moments, value.first, value.count);
  if (!summary.ranges.empty()) {
    summary.min = summary.ranges.front().first;
    summary.max = summary.ranges.back().first;
  }
  return summary;
}

}  // namespace headrace
