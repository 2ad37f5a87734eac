// See number_profile.h.
#include "headrace/exec/statistics/number_profile.h"

#include <algorithm>
#include <array>

#include "headrace/kernel/hash.h"
#include "headrace/kernel/order_key.h"

namespace headrace {
namespace {

std::uint64_t hash_of(std::uint64_t key) { return hash_int64(static_cast<std::int64_t>(key)); }

/// Keys that are hashed together.
constexpr std::size_t kBlockKeys = 512;

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
  std::array<std::uint64_t, kBlockKeys> hashes;
  for (std::size_t at = 0; at < keys.size(); at += kBlockKeys) {
    std::span<const std::uint64_t> block = keys.subspan(at, std::min(kBlockKeys, keys.size() - at));
    for (std::uint64_t key : block) {
      if (key < wide_->min) wide_->min = key;
      if (key > wide_->max) wide_->max = key;
    }
    hash_int64_batch({reinterpret_cast<const std::int64_t*>(block.data()), block.size()},
                     std::span(hashes).first(block.size()));
    wide_->distinct.add(std::span(hashes).first(block.size()));
  }
  if (kind_ == NumberKind::kFloat) {
    wide_->sums.add_floats(keys);
  } else {
    wide_->sums.add_integers(keys);
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
  add_to(wide_->sums, key, times);
}

void NumberProfile::add_to(PowerSums& sums, std::uint64_t key, std::int64_t times) const {
  if (kind_ == NumberKind::kFloat) {
    sums.add_float(float64_of_order_key(key), times);
  } else {
    sums.add_integer(int64_of_order_key(key), times);
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
  wide_->sums.merge(other.wide_->sums);
  wide_->min = std::min(wide_->min, other.wide_->min);
  wide_->max = std::max(wide_->max, other.wide_->max);
}

void NumberProfile::write(ByteWriter& out) const {
  counts_.write(out);
  out.put<std::uint8_t>(wide_ ? 1 : 0);
  if (!wide_) return;
  wide_->distinct.write(out);
  wide_->sums.write(out);
  out.put(wide_->min);
  out.put(wide_->max);
}

void NumberProfile::read(ByteReader& in) {
  counts_.read(in);
  if (in.get<std::uint8_t>() == 0) return;
  wide_ = std::make_unique<Wide>(*memory_);
  wide_->distinct.read(in);
  wide_->sums.read(in);
  wide_->min = in.get<std::uint64_t>();
  wide_->max = in.get<std::uint64_t>();
}

std::size_t NumberProfile::bytes() const {
  return counts_.bytes() + (wide_ ? wide_->distinct.bytes() + wide_->sums.bytes() : 0);
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
    summary.moments = wide_->sums.moments();
    return summary;
  }
  summary.distinct = std::ssize(summary.ranges);
  PowerSums sums(*memory_);
  for (const KeyHistogram::Range& value : summary.ranges) add_to(sums, value.first, value.count);
  summary.moments = sums.moments();
  if (!summary.ranges.empty()) {
    summary.min = summary.ranges.front().first;
    summary.max = summary.ranges.back().first;
  }
  return summary;
}

}  // namespace headrace
