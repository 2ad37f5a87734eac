// log, log1p, log2 and log10.
//
// x = 2^k * z with z between 0.705 and 1.41; the leading bits of z choose one of 128 intervals, whose entry holds an
// inverse c of 20 bits and log(1/c):
//
//   log x = k ln 2 + log(1/c) + log(1 + r),   r = z c - 1,   |r| < 0.0040
//
// z is cut in two, so that both products with c, and so r, are exact. k ln 2 and log(1/c) have high parts whose sum is
// exact. Around 1, c is 1 and both logarithms are 0: no cancellation can do harm. The series of log(1 + r) goes on
// until a term is too small to matter.

#include "headrace/kernel/math.h"
#include "headrace/kernel/math_internal.h"
#include "headrace/kernel/math_tables.h"

namespace headrace {

namespace {

/// Is the logarithm of x, but for log(1 + r): base (exact) + base_low, and r + r_low (r_low beyond the last bit of r).
struct Reduced {
  double base;
  double base_low;
  double r;
  double r_low;
};

/// Reduces a positive normal x, plus a correction below half a unit in its last place. `exponent_add` is added to k.
Reduced reduce(double x, double correction, int64_t exponent_add) noexcept {
  constexpr uint64_t kFirst = 0x3fe6900000000000;
  const uint64_t bits = std::bit_cast<uint64_t>(x);
  const uint64_t distance = bits - kFirst;
  const int64_t exponent = static_cast<int64_t>(distance) >> 52;
  const LogEntry& entry = kLogTable[(distance >> 45) & 127];
  const uint64_t z_bits = bits - (static_cast<uint64_t>(exponent) << 52);
  const double z = std::bit_cast<double>(z_bits);
  const double z_high = leading_bits(z);
  const double r_high = z_high * entry.inverse - 1.0;
  const double r_rest = (z - z_high) * entry.inverse;
  const double r = r_high + r_rest;
  double r_low = (r_high - r) + r_rest;
  if (correction != 0) r_low += correction * power_of_two(-exponent) * entry.inverse;
  const auto k = static_cast<double>(exponent + exponent_add);
  return {k * kLn2High + entry.log_high, k * kLn2Low + entry.log_low, r, r_low};
}

Reduced reduce_any(double x) noexcept {
  if (x < std::numeric_limits<double>::min()) return reduce(x * 0x1p54, 0.0, -54);
  return reduce(x, 0.0, 0);
}

/// Returns log(1 + r) - r + r^2 / 2.
double log1p_tail(double r, double r2) noexcept {
  const double quartic = 1.0 / 5 - r * (1.0 / 6) + r2 * (1.0 / 7 - r * (1.0 / 8));
  return (r * r2) * ((1.0 / 3 - r * 0.25) + r2 * quartic);
}

/// Returns base + log(1 + r), where the last addition makes nearly all of the error.
double finish(const Reduced& a) noexcept {
  const DoubleDouble sum = quick_two_sum(a.base, a.r);
  const double r2 = a.r * a.r;
  const double low = (sum.low + a.base_low) + (a.r_low - a.r_low * a.r);
  return sum.high + (low + (log1p_tail(a.r, r2) - 0.5 * r2));
}

/// Returns whether x is 0, negative, infinite or NaN; the logarithm to any base is then in `result`.
bool is_special(double x, double& result) noexcept {
  if (x > 0 && x < kInfinity) [[likely]] {
    return false;
  }
  result = x == 0 ? -kInfinity : x > 0 ? kInfinity : kNan;
  return true;
}

/// Returns the logarithm of x to the base b, where 1 / ln b is factor_high + factor_low.
double log_to_base(double x, double factor_high, double factor_low) noexcept {
  double special;
  if (is_special(x, special)) return special;
  const DoubleDouble log = log_of(x);
  const DoubleDouble product = two_product(log.high, factor_high);
  return product.high + (product.low + (log.high * factor_low + log.low * factor_high));
}

}  // namespace

DoubleDouble log_of(double x) noexcept {
  const Reduced a = reduce_any(x);
  const DoubleDouble linear = quick_two_sum(a.base, a.r);
  const DoubleDouble square = two_product(a.r, a.r);
  const DoubleDouble sum = quick_two_sum(linear.high, -0.5 * square.high);
  const double r9 = (square.high * square.high) * (square.high * square.high) * a.r * (1.0 / 9);
  const double tail = log1p_tail(a.r, square.high) + r9;
  const double low = (sum.low + linear.low) + ((a.base_low - 0.5 * square.low) + ((a.r_low - a.r_low * a.r) + tail));
  return quick_two_sum(sum.high, low);
}

double math_log(double x) noexcept {
  double special;
  if (is_special(x, special)) return special;
  return finish(reduce_any(x));
}

double math_log1p(double x) noexcept {
  if (!(x > -1.0 && x < kInfinity)) return x == -1.0 ? -kInfinity : x > 0 ? kInfinity : kNan;
  if (x < 0x1p-8 && x > -0x1p-9) {
    if (x < 0x1p-54 && x > -0x1p-54) return x;
    const double r2 = x * x;
    return x + (log1p_tail(x, r2) - 0.5 * r2);
  }
  if (x > 0x1p60) return math_log(x);
  const DoubleDouble sum = two_sum(1.0, x);
  return finish(reduce(sum.high, sum.low, 0));
}

double math_log2(double x) noexcept { return log_to_base(x, kLog2EHigh, kLog2ELow); }

double math_log10(double x) noexcept { return log_to_base(x, kLog10EHigh, kLog10ELow); }

}  // namespace headrace
