// See decimal.h. Wide values are magnitudes of four 64-bit limbs, the lowest first; signs are handled apart.
#include "headrace/column/decimal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include "headrace/base/error.h"
#include "headrace/column/number_text.h"

namespace headrace {
namespace {

__extension__ typedef unsigned __int128 UInt128;
using Limbs = std::array<std::uint64_t, 4>;

constexpr std::array<Int128, kDecimalDigitsMax + 1> make_powers() {
  std::array<Int128, kDecimalDigitsMax + 1> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}
constexpr std::array<Int128, kDecimalDigitsMax + 1> kPowers = make_powers();

UInt128 magnitude(Int128 value) {
  return value < 0 ? UInt128{0} - static_cast<UInt128>(value) : static_cast<UInt128>(value);
}

Limbs widen(UInt128 value) {
  return {static_cast<std::uint64_t>(value), static_cast<std::uint64_t>(value >> 64), 0, 0};
}

/// value × factor; false when it does not fit 256 bits.
bool multiply(Limbs& value, std::uint64_t factor) {
  UInt128 carry = 0;
  for (std::uint64_t& limb : value) {
    carry += static_cast<UInt128>(limb) * factor;
    limb = static_cast<std::uint64_t>(carry);
    carry >>= 64;
  }
  return carry == 0;
}

Limbs multiply(UInt128 a, UInt128 b) {
  Limbs low = widen(a), high = widen(a);
  multiply(low, static_cast<std::uint64_t>(b));
  multiply(high, static_cast<std::uint64_t>(b >> 64));
  UInt128 carry = 0;
  for (std::size_t i = 1; i < 4; ++i) {
    carry += static_cast<UInt128>(low[i]) + high[i - 1];
    low[i] = static_cast<std::uint64_t>(carry);
    carry >>= 64;
  }
  return low;
}

/// value / divisor in place; the remainder comes back.
UInt128 divide(Limbs& value, UInt128 divisor) {
  UInt128 remainder = 0;
  if ((divisor >> 64) == 0) {
    for (std::size_t i = 4; i-- > 0;) {
      UInt128 part = (remainder << 64) | value[i];
      value[i] = static_cast<std::uint64_t>(part / divisor);
      remainder = part % divisor;
    }
    return remainder;
  }
  // Bit by bit: divisors beyond 64 bits are rare.
  for (int bit = 255; bit >= 0; --bit) {
    std::uint64_t& limb = value[static_cast<std::size_t>(bit / 64)];
    bool overflow = (remainder >> 127) != 0;
    remainder = (remainder << 1) | ((limb >> (bit % 64)) & 1);
    limb &= ~(std::uint64_t{1} << (bit % 64));
    if (overflow || remainder >= divisor) {
      remainder -= divisor;
      limb |= std::uint64_t{1} << (bit % 64);
    }
  }
  return remainder;
}

void add_one(Limbs& value) {
  for (std::uint64_t& limb : value) {
    if (++limb != 0) return;
  }
}

/// value / divisor, rounded half up.
void divide_rounding(Limbs& value, UInt128 divisor) {
  UInt128 remainder = divide(value, divisor);
  if (remainder >= divisor - remainder) add_one(value);
}

std::optional<Int128> narrow(const Limbs& value, bool negative, int precision) {
  if (value[2] != 0 || value[3] != 0 || (value[1] >> 63) != 0) return std::nullopt;
  Int128 result = static_cast<Int128>((static_cast<UInt128>(value[1]) << 64) | value[0]);
  if (result >= power_of_ten(precision)) return std::nullopt;
  return negative ? -result : result;
}

}  // namespace

Int128 power_of_ten(int exponent) { return kPowers[static_cast<std::size_t>(exponent)]; }

std::string format_decimal(Int128 unscaled, int scale) {
  UInt128 rest = magnitude(unscaled);
  std::string digits;
  do {
    digits += static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  } while (rest != 0);
  while (digits.size() <= static_cast<std::size_t>(scale)) digits += '0';
  std::reverse(digits.begin(), digits.end());
  if (scale > 0) digits.insert(digits.size() - static_cast<std::size_t>(scale), 1, '.');
  return unscaled < 0 ? "-" + digits : digits;
}

std::optional<Int128> parse_decimal(std::string_view text, int precision, int scale, bool* is_number) {
  bool ignored = false;
  bool& number = is_number == nullptr ? ignored : *is_number;
  std::optional<NumberText> parts = split_number(text);
  number = parts.has_value();
  if (!parts) return std::nullopt;
  // The value is 0.d1 d2 d3 … × 10^point; digits beyond the scale matter for rounding by the first of them only.
  std::string_view digits = parts->digits;
  if (digits.empty()) return Int128{0};
  std::int64_t kept = parts->point + scale;
  if (kept > precision) return std::nullopt;
  if (kept < 0) return Int128{0};
  Int128 value = 0;
  for (std::int64_t i = 0; i < kept; ++i) {
    int digit = i < static_cast<std::int64_t>(digits.size()) ? digits[static_cast<std::size_t>(i)] - '0' : 0;
    value = value * 10 + digit;
  }
  bool round_up = kept < static_cast<std::int64_t>(digits.size()) && digits[static_cast<std::size_t>(kept)] >= '5';
  if (round_up) ++value;
  if (!fits_precision(value, precision)) return std::nullopt;
  return parts->negative ? -value : value;
}

std::optional<Int128> rescale_decimal(Int128 unscaled, int from_scale, int to_scale, int precision) {
  if (to_scale == from_scale) return fits_precision(unscaled, precision) ? std::optional(unscaled) : std::nullopt;
  return divide_decimals(unscaled, 1, to_scale - from_scale, precision);
}

std::optional<Int128> multiply_decimals(Int128 a, Int128 b, int digits_to_drop, int precision) {
  Int128 product;
  if (digits_to_drop == 0 && !__builtin_mul_overflow(a, b, &product)) {
    return fits_precision(product, precision) ? std::optional(product) : std::nullopt;
  }
  Limbs value = multiply(magnitude(a), magnitude(b));
  // No power above 10^38 fits a divisor. Cutting in the first division cannot change how the second one rounds: whether
  // the dropped part reaches a half is decided by its first digit.
  int first = std::max(0, digits_to_drop - kDecimalDigitsMax);
  if (first > 0) divide(value, static_cast<UInt128>(power_of_ten(first)));
  if (digits_to_drop > first) divide_rounding(value, static_cast<UInt128>(power_of_ten(digits_to_drop - first)));
  return narrow(value, (a < 0) != (b < 0), precision);
}

std::optional<Int128> divide_decimals(Int128 a, Int128 b, int shift, int precision) {
  HEADRACE_CHECK(b != 0);
  bool negative = (a < 0) != (b < 0);
  Limbs value = widen(magnitude(a));
  UInt128 divisor = magnitude(b);
  if (shift < 0) {
    // a / (b × 10^-shift): dividing by the power first would lose what rounding needs, so the divisor grows instead.
    if (-shift > kDecimalDigitsMax) return Int128{0};
    Limbs wide = multiply(divisor, static_cast<UInt128>(power_of_ten(-shift)));
    if (wide[2] != 0 || wide[3] != 0) return Int128{0};
    divisor = (static_cast<UInt128>(wide[1]) << 64) | wide[0];
  }
  for (; shift > 0; --shift) {
    if (!multiply(value, 10)) return std::nullopt;
  }
  divide_rounding(value, divisor);
  return narrow(value, negative, precision);
}

double decimal_to_double(Int128 unscaled, int scale) {
  constexpr Int128 kExactMax = Int128{1} << 53;
  if (unscaled <= kExactMax && unscaled >= -kExactMax && scale <= 22) {
    return static_cast<double>(unscaled) / static_cast<double>(power_of_ten(scale));  // both exact: rounds once
  }
  return *parse_float64(format_decimal(unscaled, scale));
}

}  // namespace headrace
