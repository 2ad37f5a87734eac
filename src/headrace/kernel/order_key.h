// Order keys: unsigned 64-bit integers that sort as the values do, so that one integer comparison, or a radix sort or
// histogram, serves every numeric type. Pure bit operations, each with its inverse; bit-identical everywhere.
//
//   int64     the sign bit flipped
//   float64   the sign bit flipped for values from 0 up, all bits flipped below
//
// Floats are put in total order: -inf < … < 0 < … < inf < NaN. -0.0 has the key of 0.0, and there is one NaN. For
// descending order, flip all bits of the key.
#pragma once

#include <bit>
#include <cstdint>

#include "headrace/kernel/hash.h"

namespace headrace {

inline constexpr uint64_t kSignBit = uint64_t{1} << 63;

/// Returns the key of an integer (or of a date, a timestamp, a bool).
constexpr uint64_t order_key_int64(int64_t value) noexcept { return static_cast<uint64_t>(value) ^ kSignBit; }

/// Returns the integer that has this key.
constexpr int64_t int64_of_order_key(uint64_t key) noexcept { return static_cast<int64_t>(key ^ kSignBit); }

/// Returns the key of a float64, or of a float32 widened to it.
constexpr uint64_t order_key_float64(double value) noexcept {
  const uint64_t bits = canonical_float64_bits(value);
  return (bits & kSignBit) != 0 ? ~bits : bits | kSignBit;
}

/// Returns the float64 that has this key: never -0.0, and NaN only as the quiet one.
constexpr double float64_of_order_key(uint64_t key) noexcept {
  return std::bit_cast<double>((key & kSignBit) != 0 ? key & ~kSignBit : ~key);
}

}  // namespace headrace
