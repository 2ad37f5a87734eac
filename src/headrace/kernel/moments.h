// Moments: count, sum and sum of squares of a column, exact, and from them mean and variance rounded once.
//
// The textbook form of the variance, n * sum(x^2) - sum(x)^2, is a disaster in floating point when the mean is large
// beside the spread. Here both sums are exact and the difference is taken in integers, so nothing is lost: a constant
// column has variance 0.0, and the result does not depend on order or on the split of the rows. Only the division is
// rounded: in binary128, then once more to double.
//
// Error: below 0.5000001 units in the last place for mean and variance. Bits: identical everywhere (integers, and
// binary128 in software).
#pragma once

#include <cstdint>
#include <span>

#include "headrace/base/byte_stream.h"
#include "headrace/kernel/exact_sum.h"
#include "headrace/kernel/wide_integer.h"

namespace headrace {

/// Says what the squared distances from the mean are divided by.
enum class VarianceKind {
  kPopulation,  ///< The count.
  kSample,      ///< The count minus one.
};

struct Moments {
  int64_t count = 0;
  ExactSum sum;
  ExactSum sum_of_squares;

  /// Adds a value; NaN and infinities count as values and make the results NaN or infinite.
  void add(double value) noexcept;
  void add(std::span<const double> values) noexcept;

  /// Adds the value `times` times, with the same bits as so many single additions. Requires 0 <= times < 2^53.
  void add(double value, int64_t times) noexcept;

  /// Adds all that `other` has seen.
  void merge(const Moments& other) noexcept;

  /// Writes all, for another process to read().
  void write(ByteWriter& out) const;
  void read(ByteReader& in);

  /// Returns the mean; NaN without values.
  double mean() const noexcept;

  /// Returns the variance, never negative. NaN if there is no value (sample: fewer than two values), or if any value is
  /// NaN or infinite.
  double variance(VarianceKind kind) const noexcept;
};

/// Returns the variance of `count` finite values from the sum of the values and of their squares. Both exponents are
/// multiples of 32; a sum has at most 136 digits, the squares lie between 2^-2176 and 2^2176. Rounding in the given
/// sums can make the variance negative: it is then 0.0.
double variance_from_sums(int64_t count, const WideNumber& sum, const WideNumber& sum_of_squares,
                          VarianceKind kind) noexcept;

}  // namespace headrace
