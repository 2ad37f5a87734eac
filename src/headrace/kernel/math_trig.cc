// sin and cos.
//
// |x| = j * pi/64 + r with |r| <= pi/128 = 0.0246, and only j modulo 128 matters:
//
//   sin|x| = S + (C r + (C (sin r - r) + S (cos r - 1))),   S = sin(j pi/64), C = sin((j + 32) pi/64) from a table
//
// The reduction is the same for all x (Payne and Hanek): x is an integer of 53 bits times a power of two, 64/pi is
// known to 1216 bits after the point, and of their product only 192 bits are needed: whole multiples of 128 steps lie
// above, what is too small to matter below. So r keeps some 68 bits even for the doubles nearest to a multiple of pi/2.

#include "headrace/kernel/math.h"
#include "headrace/kernel/math_internal.h"
#include "headrace/kernel/math_tables.h"
#include "headrace/kernel/wide_integer.h"

namespace headrace {

namespace {

constexpr int kQuarterTurn = 32;

/// Is an angle as step * pi/64 + rest.
struct Reduced {
  uint64_t step;
  DoubleDouble rest;
};

/// Returns the fraction of a step, a two's complement number of 128 bits below the binary point, times pi/64.
DoubleDouble angle_of_fraction(uint64_t high, uint64_t middle, uint64_t low) noexcept {
  const bool negative = (high >> 63) != 0;
  if (negative) {
    // Minus x is not x, plus one in the last place; that place is far below what is kept.
    high = ~high;
    middle = ~middle;
    low = ~low;
  }
  int64_t exponent = 0;
  if (high == 0) {
    high = middle;
    middle = low;
    exponent = -64;
  }
  const int zeros = std::countl_zero(high | 1);
  if (zeros > 0) {
    high = (high << zeros) | (middle >> (64 - zeros));
    middle <<= zeros;
  }
  exponent -= zeros;
  const double leading = static_cast<double>(high >> 11) * power_of_two(exponent - 53);
  const uint64_t next = ((high & 0x7ff) << 42) | (middle >> 22);
  const double following = static_cast<double>(next) * power_of_two(exponent - 106);
  const DoubleDouble product = two_product(leading, kAngleStepHigh);
  const double rest = product.low + (leading * kAngleStepLow + following * kAngleStepHigh);
  const DoubleDouble angle = quick_two_sum(product.high, rest);
  return negative ? DoubleDouble{-angle.high, -angle.low} : angle;
}

/// Reduces a finite x >= 0.
Reduced reduce(double x) noexcept {
  if (x < 0x1.9p-6) return {0, {x, 0.0}};
  const uint64_t bits = std::bit_cast<uint64_t>(x);
  const uint64_t significand = (bits & ((uint64_t{1} << 52) - 1)) | (uint64_t{1} << 52);
  const int exponent = static_cast<int>(bits >> 52) - 1075;
  // The 192 bits of 64/pi whose product with the significand has seven bits before the binary point.
  const int start = 1216 - 185 - exponent;
  const uint64_t* words = kStepsPerRadian + start / 64;
  const int shift = start % 64;
  const auto word = [words, shift](int i) {
    return shift == 0 ? words[i] : (words[i] >> shift) | (words[i + 1] << (64 - shift));
  };
  Uint128 sum = static_cast<Uint128>(significand) * word(0);
  const auto low = static_cast<uint64_t>(sum);
  sum = static_cast<Uint128>(significand) * word(1) + (sum >> 64);
  const auto middle = static_cast<uint64_t>(sum);
  const uint64_t high = significand * word(2) + static_cast<uint64_t>(sum >> 64);
  // Read as two's complement, the fraction goes from -1/2 to 1/2: the step is the nearest one.
  const uint64_t step = (high >> 57) + ((high >> 56) & 1);
  return {step, angle_of_fraction((high << 7) | (middle >> 57), (middle << 7) | (low >> 57), low << 7)};
}

/// Returns the sine of an angle, a quarter turn further for the cosine.
double sine_of(uint64_t step, const DoubleDouble& rest) noexcept {
  const SplitValue& sine = kSineTable[step & 127];
  const SplitValue& cosine = kSineTable[(step + kQuarterTurn) & 127];
  const double r = rest.high;
  const double r2 = r * r;
  const double sine_tail = (r * r2) * (-1.0 / 6 + r2 * (1.0 / 120 - r2 * (1.0 / 5040)));
  const double cosine_tail = r2 * (-0.5 + r2 * (1.0 / 24 - r2 * (1.0 / 720 - r2 * (1.0 / 40320))));
  // cosine.high * leading is exact, and below |sine.high| unless that is 0.
  const double leading = leading_bits(r);
  const DoubleDouble sum = quick_two_sum(sine.high, cosine.high * leading);
  const double small_sine = (r - leading) + (rest.low + sine_tail);
  const double linear = cosine.high * small_sine + cosine.low * (leading + small_sine);
  return sum.high + ((sum.low + sine.low) + (linear + (sine.high + sine.low) * cosine_tail));
}

bool is_finite(double x) noexcept { return x < kInfinity && x > -kInfinity; }

}  // namespace

double math_sin(double x) noexcept {
  if (!is_finite(x)) return kNan;
  if (x == 0) return x;
  const double magnitude = x < 0 ? -x : x;
  const Reduced reduced = reduce(magnitude);
  const double result = sine_of(reduced.step, reduced.rest);
  return x < 0 ? -result : result;
}

double math_cos(double x) noexcept {
  if (!is_finite(x)) return kNan;
  const Reduced reduced = reduce(x < 0 ? -x : x);
  return sine_of(reduced.step + kQuarterTurn, reduced.rest);
}

}  // namespace headrace
