// Sums of floats, one a group, behind sum and mean: the same bits for any order and split of the rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "headrace/kernel/reproducible_sum.h"

namespace headrace {

class FloatTotals {
 public:
  void resize(std::size_t group_count) { sums_.resize(group_count); }
  void add(std::size_t group, double value) { sums_[group].add(value); }
  void merge(std::size_t group, const FloatTotals& other, std::size_t other_group) {
    sums_[group].merge(other.sums_[other_group]);
  }
  double sum(std::size_t group) const { return sums_[group].to_double(); }
  /// Rounded once, but for a trace; finite also where the sum is beyond float64.
  double mean(std::size_t group, std::int64_t count) const {
    return static_cast<double>(sums_[group].to_float128() / static_cast<Float128>(count));
  }
  std::size_t bytes() const { return sums_.capacity() * sizeof(ReproducibleSum); }

 private:
  std::vector<ReproducibleSum> sums_;
};

}  // namespace headrace
