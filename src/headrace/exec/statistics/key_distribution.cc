// See key_distribution.h.
#include "headrace/exec/statistics/key_distribution.h"

#include <algorithm>

#include "headrace/kernel/wide_integer.h"

namespace headrace {

KeyDistribution::KeyDistribution(std::span<const KeyHistogram::Range> ranges, int shift, std::uint64_t min,
                                 std::uint64_t max)
    : ranges_(ranges), width_(std::uint64_t{1} << shift), min_(min), max_(max) {
  for (const KeyHistogram::Range& range : ranges) count_ += range.count;
}

KeyDistribution::Part KeyDistribution::part(const KeyHistogram::Range& range) const {
  return {std::max(range.first, min_), std::min(range.first + (width_ - 1), max_)};
}

std::uint64_t KeyDistribution::key_of_rank(std::int64_t rank) const {
  std::int64_t below = 0;
  for (const KeyHistogram::Range& range : ranges_) {
    if (rank < below + range.count) {
      auto [first, last] = part(range);
      Uint128 keys = static_cast<Uint128>(last - first) + 1;
      Uint128 twice_at = 2 * static_cast<Uint128>(rank - below) + 1;
      return first + static_cast<std::uint64_t>(keys * twice_at / (2 * static_cast<Uint128>(range.count)));
    }
    below += range.count;
  }
  return max_;
}

std::int64_t KeyDistribution::count_below(std::uint64_t key) const {
  std::int64_t below = 0;
  for (const KeyHistogram::Range& range : ranges_) {
    auto [first, last] = part(range);
    if (key <= first) break;
    if (key > last) {
      below += range.count;
      continue;
    }
    Uint128 keys = static_cast<Uint128>(last - first) + 1;
    below += static_cast<std::int64_t>(static_cast<Uint128>(range.count) * (key - first) / keys);
    break;
  }
  return below;
}

}  // namespace headrace
