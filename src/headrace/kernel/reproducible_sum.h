// ReproducibleSum: a sum of doubles small enough for every group of a group_by, whose result does not depend on the
// order of the values, on the split among threads, or on the machine.
//
// The real line is cut, once and for all, into digits of 24 bits: digit d is worth 2^(24 d - 2184). A value falls into
// the digits that its bits cover, each with the value's sign. The state is the sum of these digits in a window of six
// neighbouring places, kept in 64-bit integers without carries:
//
//             top_      top_-1     top_-2     top_-3     top_-4     top_-5
//   bins_  |    0    |     1    |     2    |     3    |     4    |     5    |   digits below are dropped
//
// top_ is the highest digit that any value reached. When a higher one comes, the window moves up and the lowest bins
// are dropped, as they would have been had the high value come first: which digits of a value count depends on the
// largest value only, so the state is a function of the multiset of values. (The idea of bins on a fixed grid is that
// of Demmel and Nguyen, "Parallel reproducible summation", 2015; here it is done with integers, so no rounding has to
// be proved.)
//
// Limits: 2^39 values in one sum (5 * 10^11; a bin then could overflow).
// Error: at most n * 2^-119 * max|x| before the one rounding of to_double(), so the sum is correctly rounded unless it
// cancels to 2^-60 of its largest value. Products and squares enter without rounding too, and neither overflow nor
// underflow on the way.
// Bits: integer arithmetic only, identical everywhere. NaN and infinities follow IEEE 754 as in ExactSum; the sum of
// nothing but -0.0 is 0.0. All-zero memory is a valid empty state; adding takes some 4 ns.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <type_traits>

#include "headrace/kernel/moments.h"
#include "headrace/kernel/wide_integer.h"

namespace headrace {

class ReproducibleSum {
 public:
  /// Adds a value, NaN and infinities included.
  void add(double value) noexcept;

  /// Adds left * right, unrounded but for what falls below the window.
  void add_product(double left, double right) noexcept;

  /// Adds all that `other` has summed.
  void merge(const ReproducibleSum& other) noexcept;

  /// Returns the sum, rounded once; 0.0 if nothing was added.
  double to_double() const noexcept;

  /// Returns the sum rounded to 113 bits, for arithmetic that goes on.
  Float128 to_float128() const noexcept;

  /// Returns whether neither NaN nor an infinity was added.
  bool is_finite() const noexcept { return special_ == 0; }

  /// Holds sign and digits of the finite part.
  struct Magnitude;
  Magnitude magnitude() const noexcept;

 private:
  static constexpr int kBins = 6;
  static constexpr int kDigitBits = 24;
  static constexpr int kExponent = -2184;
  static constexpr int kValueDigits = 4;    // That a significand of 53 bits can touch.
  static constexpr int kProductDigits = 6;  // That a product of 106 bits can touch.
  static constexpr uint8_t kNanSeen = 1;
  static constexpr uint8_t kPositiveInfinitySeen = 2;
  static constexpr uint8_t kNegativeInfinitySeen = 4;

  void add_special(double value) noexcept;
  void raise_top(int digit) noexcept;
  double special_result() const noexcept;

  std::array<int64_t, kBins> bins_ = {};
  int16_t top_ = 0;  // 0 is below every digit of a double or product: nothing but zeros was added.
  uint8_t special_ = 0;
};

static_assert(sizeof(ReproducibleSum) == 56 && std::is_trivially_copyable_v<ReproducibleSum>);

struct ReproducibleSum::Magnitude {
  std::array<uint32_t, 8> digits;
  int exponent;  // A multiple of 32.
  bool negative;

  /// Returns a view without zero digits at either end; it is valid as long as this object.
  WideNumber number() const noexcept;
};

/// ReproducibleMoments: count, mean and variance of a group. Squares are summed without rounding, and the difference in
/// the variance is taken exactly, so a mean far larger than the spread does no harm: a constant group has variance 0.0.
struct ReproducibleMoments {
  int64_t count = 0;
  ReproducibleSum sum;
  ReproducibleSum sum_of_squares;

  void add(double value) noexcept;
  void merge(const ReproducibleMoments& other) noexcept;

  /// Returns the mean; NaN without values.
  double mean() const noexcept;

  /// Returns the variance, never negative. NaN if there is no value (sample: fewer than two values), or if any value is
  /// NaN or infinite.
  double variance(VarianceKind kind) const noexcept;
};

inline void ReproducibleSum::add(double value) noexcept {
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  const int field = static_cast<int>(bits >> 52) & 0x7ff;
  if (field == 0x7ff) [[unlikely]] {
    return add_special(value);
  }
  if ((bits << 1) == 0) return;
  // The leading bit (of a subnormal number: where it would be without leading zeros) goes to the top of the word.
  const uint64_t implicit_bit = uint64_t{field != 0} << 63;
  uint64_t rest = (bits << 11 & ~(uint64_t{1} << 63)) | implicit_bit;
  const int leading = (field == 0 ? 1 : field) - 1023 - kExponent;
  const int digit = leading / kDigitBits;
  const int place = leading % kDigitBits;
  if (digit > top_) raise_top(digit);
  const int first = top_ - digit;
  if (first >= kBins) return;
  const int64_t sign = (bits >> 63) != 0 ? -1 : 0;
  std::array<int64_t, kValueDigits> digits;
  digits[0] = (static_cast<int64_t>(rest >> (63 - place)) ^ sign) - sign;
  rest <<= place + 1;
  for (size_t i = 1; i < kValueDigits; ++i) {
    digits[i] = (static_cast<int64_t>(rest >> (64 - kDigitBits)) ^ sign) - sign;
    rest <<= kDigitBits;
  }
  const auto at = static_cast<size_t>(first);
  if (first <= kBins - kValueDigits) [[likely]] {
    for (size_t i = 0; i < kValueDigits; ++i) bins_[at + i] += digits[i];
  } else {
    for (size_t i = 0; at + i < kBins; ++i) bins_[at + i] += digits[i];
  }
}

}  // namespace headrace
