// What the elementary functions share: exact sums and products of doubles, and the logarithm and the exponential
// function with an argument or result of some 68 bits, from which pow and the rest are made.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

#include "headrace/kernel/math.h"

namespace headrace {

/// Is the unevaluated sum high + low, where low is at most about half a unit in the last place of high.
struct DoubleDouble {
  double high;
  double low;
};

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Returns a + b exactly (Knuth).
inline DoubleDouble two_sum(double a, double b) noexcept {
  const double sum = a + b;
  const double rest = sum - a;
  return {sum, (a - (sum - rest)) + (b - rest)};
}

/// Returns a + b exactly if |a| >= |b| or a is 0 (Dekker).
inline DoubleDouble quick_two_sum(double a, double b) noexcept {
  const double sum = a + b;
  return {sum, b - (sum - a)};
}

/// Returns a * b exactly (Dekker's product with Veltkamp's split), if nothing overflows (|a|, |b| < 2^990) and the
/// product is not near the subnormal range.
inline DoubleDouble two_product(double a, double b) noexcept {
  constexpr double kSplitter = 0x1p27 + 1;
  const double a_scaled = a * kSplitter;
  const double a_high = a_scaled - (a_scaled - a);
  const double a_low = a - a_high;
  const double b_scaled = b * kSplitter;
  const double b_high = b_scaled - (b_scaled - b);
  const double b_low = b - b_high;
  const double product = a * b;
  return {product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low};
}

/// Returns the leading 26 bits of x. The rest has at most 27 bits.
inline double leading_bits(double x) noexcept {
  return std::bit_cast<double>(std::bit_cast<uint64_t>(x) & ~uint64_t{0x7ffffff});
}

/// Returns 2^exponent for -1022 <= exponent <= 1023.
inline double power_of_two(int64_t exponent) noexcept {
  return std::bit_cast<double>(static_cast<uint64_t>(exponent + 1023) << 52);
}

/// Returns e^(high + low) for any high; |low| is below 2^-40. Overflow gives infinity, underflow 0; both are sure at
/// |high| > 800.
double exp_of(double high, double low) noexcept;

/// Returns the natural logarithm of a finite x > 0 with a relative error below 2^-67.
DoubleDouble log_of(double x) noexcept;

}  // namespace headrace
