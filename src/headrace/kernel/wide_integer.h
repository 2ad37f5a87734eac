// Integers of many 32-bit digits, for the few places where sums must be exact: they are what an accumulator holds at
// the end, are combined once per column or group, and are then rounded once.
//
// A number is a sign, a magnitude of digits (least significant first) and an exponent of two, all in a view; the
// functions write into spans of the caller, so nothing is allocated. Schoolbook algorithms (Knuth, The Art of Computer
// Programming, volume 2, 4.3.1): the numbers here have between 5 and some 130 digits. Everything is integer arithmetic,
// so results are bit-identical everywhere; the rounding functions round once, to nearest, ties to even.
#pragma once

#include <cstdint>
#include <span>

namespace headrace {

__extension__ using Uint128 = unsigned __int128;
__extension__ using Int128 = __int128;
/// IEEE binary128: 113 bits of precision, computed in software with integers, so the same on every machine.
__extension__ using Float128 = __float128;

/// Is the number (negative ? -1 : 1) * (sum of digits[i] * 2^(32 i)) * 2^exponent. No digits is zero.
struct WideNumber {
  std::span<const uint32_t> digits;
  int exponent = 0;
  bool negative = false;
};

/// Returns the digits without zeros at the most significant end.
std::span<const uint32_t> trim_digits(std::span<const uint32_t> digits) noexcept;

/// Writes left * right; the product has exactly left.size() + right.size() digits and overlaps neither input.
void multiply_digits(std::span<const uint32_t> left, std::span<const uint32_t> right,
                     std::span<uint32_t> product) noexcept;

/// Returns whether left < right. Both may have zeros at the most significant end.
bool less_digits(std::span<const uint32_t> left, std::span<const uint32_t> right) noexcept;

/// Subtracts `right` from `left` in place. Requires right <= left and right.size() <= left.size().
void subtract_digits(std::span<uint32_t> left, std::span<const uint32_t> right) noexcept;

/// Rounds once to the nearest double, ties to even; beyond the largest double the result is infinite, and a result in
/// the subnormal range has its few bits right. Zero is +0.0.
double round_to_double(const WideNumber& number) noexcept;

/// Rounds once to the nearest binary128 value. Requires that the number's exponent range fits, which every number made
/// of doubles and their products does.
Float128 round_to_float128(const WideNumber& number) noexcept;

}  // namespace headrace
