// Ranks of keys, from counts by ranges: what quantiles and histograms are read from.
#pragma once

#include <cstdint>
#include <span>

#include "headrace/kernel/key_histogram.h"

namespace headrace {

/// Keys within a range are taken as evenly spread between its ends, or between the least and the greatest key of all.
/// Where each range is one key, nothing is estimated.
class KeyDistribution {
 public:
  /// `ranges` as KeyHistogram gives them, at least one; they outlive this.
  KeyDistribution(std::span<const KeyHistogram::Range> ranges, int shift, std::uint64_t min, std::uint64_t max);

  std::int64_t count() const { return count_; }
  /// The key of a rank, counted from 0.
  std::uint64_t key_of_rank(std::int64_t rank) const;
  /// How many keys are less than `key`.
  std::int64_t count_below(std::uint64_t key) const;

 private:
  struct Part {
    std::uint64_t first;
    std::uint64_t last;
  };
  Part part(const KeyHistogram::Range& range) const;

  std::span<const KeyHistogram::Range> ranges_;
  std::uint64_t width_;
  std::uint64_t min_;
  std::uint64_t max_;
  std::int64_t count_ = 0;
};

}  // namespace headrace
