// 128-bit decimals: text, powers of ten, and exact arithmetic that rounds half away from zero.
//
// A decimal(p, s) column stores value × 10^s in an Int128. Products, quotients and changes of scale are computed
// exactly in 256 bits and rounded once, so results do not depend on the order of steps inside.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "headrace/column/column.h"

namespace headrace {

inline constexpr int kDecimalDigitsMax = 38;

/// 10^exponent, 0 <= exponent <= 38.
Int128 power_of_ten(int exponent);

/// Whether `unscaled` has at most `precision` digits.
inline bool fits_precision(Int128 unscaled, int precision) {
  Int128 limit = power_of_ten(precision);
  return unscaled < limit && unscaled > -limit;
}

/// "-1.50" for unscaled -150 at scale 2.
std::string format_decimal(Int128 unscaled, int scale);

/// Reads "1", "-1.5", ".5", "1e3", rounding to `scale`. Empty when `text` is no number or does not fit
/// decimal(precision, scale). `is_number` tells the two apart.
std::optional<Int128> parse_decimal(std::string_view text, int precision, int scale, bool* is_number = nullptr);

/// unscaled × 10^(to_scale - from_scale), rounded. Empty when it has more than `precision` digits.
std::optional<Int128> rescale_decimal(Int128 unscaled, int from_scale, int to_scale, int precision);

/// a × b × 10^-digits_to_drop, rounded. Empty when it has more than `precision` digits. digits_to_drop may be 0 … 76.
std::optional<Int128> multiply_decimals(Int128 a, Int128 b, int digits_to_drop, int precision);

/// a × 10^shift / b for b != 0, rounded; a negative shift divides. Empty when it has more than `precision` digits.
std::optional<Int128> divide_decimals(Int128 a, Int128 b, int shift, int precision);

/// The nearest float64.
double decimal_to_double(Int128 unscaled, int scale);

}  // namespace headrace
