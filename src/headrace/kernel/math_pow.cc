// pow: e^(y log|x|), with the logarithm and the product in two doubles, since an error of the exponent e is a relative
// error of the result, and the exponent goes up to 745. The special cases, and there are many, come first.

#include "headrace/kernel/math.h"
#include "headrace/kernel/math_internal.h"

namespace headrace {

namespace {

enum class Parity { kNoInteger, kOdd, kEven };

/// Returns what kind of integer a finite y is.
Parity parity_of(double y) noexcept {
  const uint64_t bits = std::bit_cast<uint64_t>(y);
  const int exponent = static_cast<int>((bits >> 52) & 0x7ff) - 1023;
  if (exponent < 0) return (bits << 1) == 0 ? Parity::kEven : Parity::kNoInteger;
  if (exponent > 52) return Parity::kEven;
  const uint64_t significand = (bits & ((uint64_t{1} << 52) - 1)) | (uint64_t{1} << 52);
  const int fraction_bits = 52 - exponent;
  if ((significand & ((uint64_t{1} << fraction_bits) - 1)) != 0) return Parity::kNoInteger;
  return ((significand >> fraction_bits) & 1) != 0 ? Parity::kOdd : Parity::kEven;
}

/// Returns pow(x, y) where x or y is infinite, or x is 0; neither is NaN, y is not 0, x is not 1.
double pow_at_the_ends(double x, double y) noexcept {
  const double magnitude = x < 0 ? -x : x;
  if (y == kInfinity || y == -kInfinity) {
    if (magnitude == 1.0) return 1.0;
    return (magnitude > 1.0) == (y > 0) ? kInfinity : 0.0;
  }
  const double result = (magnitude == 0) == (y > 0) ? 0.0 : kInfinity;
  const bool negative = (std::bit_cast<uint64_t>(x) >> 63) != 0;
  return negative && parity_of(y) == Parity::kOdd ? -result : result;
}

/// Returns x^y for finite x > 0 and finite y.
double pow_positive(double x, double y) noexcept {
  const DoubleDouble log = log_of(x);
  // Here |log x| is 0, or between 2^-53 and 745, so that a huge or a tiny y decides, and no product can overflow.
  if (y > 0x1p70 || y < -0x1p70) {
    if (log.high == 0) return 1.0;
    return (log.high > 0) == (y > 0) ? kInfinity : 0.0;
  }
  if (y < 0x1p-70 && y > -0x1p-70) return 1.0;
  const DoubleDouble product = two_product(y, log.high);
  return exp_of(product.high, product.low + y * log.low);
}

}  // namespace

double math_pow(double x, double y) noexcept {
  if (y == 0 || x == 1.0) return 1.0;
  if (x != x || y != y) return kNan;
  const bool ends = x == 0 || x == kInfinity || x == -kInfinity || y == kInfinity || y == -kInfinity;
  if (ends) return pow_at_the_ends(x, y);
  if (x > 0) return pow_positive(x, y);
  switch (parity_of(y)) {
    case Parity::kNoInteger: return kNan;
    case Parity::kOdd: return -pow_positive(-x, y);
    case Parity::kEven: return pow_positive(-x, y);
  }
  return kNan;
}

}  // namespace headrace
