// Exact sums of integers and decimals, one a group, behind sum and mean.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "headrace/column/column.h"
#include "headrace/kernel/wide_integer.h"

namespace headrace {

/// Sums of integers of at most 64 bits. 2^63 of them fit.
class IntegerTotals {
 public:
  void resize(std::size_t group_count) { sums_.resize(group_count); }
  void add(std::size_t group, std::int64_t value) { sums_[group] += value; }
  void merge(std::size_t group, const IntegerTotals& other, std::size_t other_group) {
    sums_[group] += other.sums_[other_group];
  }
  Int128 sum(std::size_t group) const { return sums_[group]; }
  std::size_t bytes() const { return sums_.capacity() * sizeof(Int128); }

 private:
  std::vector<Int128> sums_;
};

/// Sums of unscaled decimals: 192 bits in two's complement, so that 2^63 values of 38 digits fit.
class DecimalTotals {
 public:
  void resize(std::size_t group_count) {
    low_.resize(group_count);
    high_.resize(group_count);
  }
  void add(std::size_t group, Int128 value) { add_wide(group, static_cast<Uint128>(value), value < 0 ? -1 : 0); }
  void merge(std::size_t group, const DecimalTotals& other, std::size_t other_group) {
    add_wide(group, other.low_[other_group], other.high_[other_group]);
  }
  /// The sum, or nothing when it has more than `precision` digits.
  std::optional<Int128> sum(std::size_t group, int precision) const;
  /// sum × 10^digits / count, rounded half away from zero, or nothing when it has more than `precision` digits.
  std::optional<Int128> mean(std::size_t group, std::int64_t count, int digits, int precision) const;
  std::size_t bytes() const { return low_.capacity() * sizeof(Uint128) + high_.capacity() * sizeof(std::int64_t); }

 private:
  void add_wide(std::size_t group, Uint128 low, std::int64_t high) {
    low_[group] += low;
    high_[group] += high + (low_[group] < low ? 1 : 0);
  }

  std::vector<Uint128> low_;
  std::vector<std::int64_t> high_;
};

}  // namespace headrace
