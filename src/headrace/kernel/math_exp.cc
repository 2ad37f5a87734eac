// exp, expm1 and tanh.
//
// With k the integer nearest to x * 128 / ln 2, write k = 128 m + j; then
//
//   e^x = 2^m * 2^(j/128) * e^r,   |r| <= ln 2 / 256 = 0.0027
//
// 2^(j/128) comes from a table in two parts, e^r - 1 from six terms of its Taylor series (the next is below r * 2^-63).
// The last operation is table.high + something 400 times smaller, so its own rounding is nearly all of the error. expm1
// adds the -1 before the small parts, keeping what is rounded off; tanh is the quotient of two such sums.

#include "headrace/kernel/math.h"
#include "headrace/kernel/math_internal.h"
#include "headrace/kernel/math_tables.h"

namespace headrace {

namespace {

// Adding it leaves an integer in the low bits of the significand, rounded to nearest.
constexpr double kRoundingShift = 0x1.8p52;

/// Is x as steps * ln 2 / 128 + rest + rest_low, where rest_low is beyond the last bit of rest.
struct Reduced {
  int64_t steps;
  double rest;
  double rest_low;
};

Reduced reduce(double x) noexcept {
  const double shifted = x * kExpStepInverse + kRoundingShift;
  const double steps = shifted - kRoundingShift;
  // The product with the high part is exact, and so is the first difference.
  const DoubleDouble rest = two_sum(x - steps * kExpStepHigh, -steps * kExpStepLow);
  return {static_cast<int32_t>(std::bit_cast<uint64_t>(shifted)), rest.high, rest.low};
}

/// Returns e^r - 1 - r.
double exp_tail(double r) noexcept {
  const double r2 = r * r;
  return r2 * (0.5 + r * (1.0 / 6)) + (r2 * r2) * ((1.0 / 24 + r * (1.0 / 120)) + r2 * (1.0 / 720));
}

/// Returns (high + low) * 2^exponent for 1 <= high < 2 and a result below the normal numbers, rounded once.
double scale_to_subnormal(double high, double low, int64_t exponent) noexcept {
  if (exponent < -1080) return 0.0;
  // The grid of the result, seen from here: the spacing of subnormal numbers divided by 2^exponent.
  const double grid = power_of_two(-1074 - exponent);
  const double shift = grid * kRoundingShift;
  double rounded = (high + shift) - shift;
  const double rest = (high - rounded) + low;
  // `high` was rounded before, so it may lie on a tie, or even beyond it, that `low` decides.
  if (rest > grid * 0.5) rounded += grid;
  if (rest < grid * -0.5) rounded -= grid;
  return (rounded * power_of_two(exponent + 200)) * 0x1p-200;
}

/// Returns (high + low) * 2^exponent, overflow and underflow included.
double scale(double high, double low, int64_t exponent) noexcept {
  if (exponent >= -1021 && exponent <= 1023) [[likely]] {
    return (high + low) * power_of_two(exponent);
  }
  if (exponent > 1023) return exponent > 1030 ? kInfinity : (high + low) * 0x1p1023 * power_of_two(exponent - 1023);
  const DoubleDouble sum = quick_two_sum(high, low);
  return scale_to_subnormal(sum.high, sum.low, exponent);
}

/// Returns e^x - 1 for -40 < x < 60, x not tiny. The sum is exact to some 64 bits; low may be as large as high * 2^-25.
DoubleDouble expm1_of(double x) noexcept {
  const Reduced reduced = reduce(x);
  const SplitValue& power = kExpTable[reduced.steps & 127];
  const double factor = power_of_two(reduced.steps >> 7);
  const double high = power.high * factor;
  const double leading = leading_bits(reduced.rest);
  const double tail = (reduced.rest - leading) + (reduced.rest_low + exp_tail(reduced.rest));
  // high * leading is exact. |high - 1| is 0 or above |high * leading|, as a step is above twice the rest.
  const DoubleDouble less_one = two_sum(high, -1.0);
  const DoubleDouble sum = quick_two_sum(less_one.high, high * leading);
  const double low = power.low * factor;
  return {sum.high, sum.low + less_one.low + (low + (low * leading + (high + low) * tail))};
}

}  // namespace

double exp_of(double high, double low) noexcept {
  if (!(high < 800)) return kInfinity;
  if (high < -800) return 0.0;
  const Reduced reduced = reduce(high);
  const SplitValue& power = kExpTable[reduced.steps & 127];
  const double rest = reduced.rest + (reduced.rest_low + low);
  const double tail = rest + exp_tail(rest);
  return scale(power.high, power.low + (power.high + power.low) * tail, reduced.steps >> 7);
}

double math_exp(double x) noexcept {
  if (x != x) return kNan;
  return exp_of(x, 0.0);
}

double math_expm1(double x) noexcept {
  if (x != x) return kNan;
  if (x > 50) return math_exp(x);
  if (x < -38) return -1.0;
  if (x < 0x1p-54 && x > -0x1p-54) return x;
  const DoubleDouble result = expm1_of(x);
  return result.high + result.low;
}

double math_tanh(double x) noexcept {
  if (x != x) return kNan;
  const double magnitude = x < 0 ? -x : x;
  if (magnitude < 0x1p-28) return x;
  if (magnitude > 22) return x < 0 ? -1.0 : 1.0;
  // tanh x = t / (t + 2) with t = e^(2x) - 1; the quotient is corrected by its exact remainder.
  const DoubleDouble unaligned = expm1_of(2 * magnitude);
  const DoubleDouble t = quick_two_sum(unaligned.high, unaligned.low);
  const DoubleDouble divisor = two_sum(t.high, 2.0);
  const double divisor_low = divisor.low + t.low;
  const double quotient = t.high / divisor.high;
  const DoubleDouble product = two_product(quotient, divisor.high);
  const double remainder = ((t.high - product.high) - product.low) + (t.low - quotient * divisor_low);
  const double result = quotient + remainder / divisor.high;
  return x < 0 ? -result : result;
}

}  // namespace headrace
