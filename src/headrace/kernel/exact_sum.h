// ExactSum: the sum of any doubles and of products of two doubles, without any rounding, so that it does not depend on
// the order of the values, on how they were split among threads, or on the machine.
//
// The accumulator is one fixed-point number that is wide enough for everything (after Kulisch, "Computer Arithmetic and
// Validity"; the delayed carries as in Neal, "Fast exact summation using small and large superaccumulators", 2015).
// Digit i is worth 2^(32 i - 2176); it is kept in 64 bits, so that about 2^30 additions fit before carries must be
// moved up:
//
//        digit 135        …       digit 68          …       digit 1        digit 0
//   sign and headroom         1.0 is here at bit 0               2^-2176 is bit 0
//
// The smallest product is 2^-2148, the largest is below 2^2048, and 2^63 of them still fit. Adding a value touches
// three digits (a product six), about 2 ns; the size is 1.1 KiB. NaN and infinities are counted apart, and the result
// follows IEEE 754 as if all had been added: any NaN, or infinities of both signs, give NaN.
//
// Error: none in the sum; to_double() rounds once, to nearest, ties to even. Bits: integer arithmetic only, identical
// everywhere. The sign of zero is not kept: the sum of nothing but -0.0 is 0.0.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "headrace/kernel/wide_integer.h"

namespace headrace {

class ExactSum {
 public:
  /// Adds a value, NaN and infinities included.
  void add(double value) noexcept;

  /// Adds all values.
  void add(std::span<const double> values) noexcept;

  /// Adds left * right without rounding, also where the product would overflow or underflow as a double. A factor that
  /// is NaN or infinite counts as IEEE 754 has it (infinity times zero is NaN).
  void add_product(double left, double right) noexcept;

  /// Adds the square of each value without rounding.
  void add_squares(std::span<const double> values) noexcept;

  /// Adds all that `other` has summed; `other` may be this object.
  void merge(const ExactSum& other) noexcept;

  /// Returns the sum, correctly rounded; 0.0 if nothing was added.
  double to_double() const noexcept;

  /// Returns the sum rounded to 113 bits, for arithmetic that goes on.
  Float128 to_float128() const noexcept;

  /// Returns whether neither NaN nor an infinity was added.
  bool is_finite() const noexcept;

  /// Returns the canonical form: the same values, added in any order, give the same bytes. All little-endian:
  ///
  ///   u64 NaN count | u64 +infinity count | u64 -infinity count | u8 negative | u16 first | u16 n | u32 digit * n
  ///
  /// The magnitude of the finite part is the sum of digit[i] * 2^(32 (first + i) - 2176); neither the first nor the
  /// last digit is zero; zero has first = n = 0.
  std::vector<uint8_t> to_bytes() const;

  /// Reads what to_bytes() wrote. Returns nothing if the bytes are not a canonical form.
  static std::optional<ExactSum> from_bytes(std::span<const uint8_t> bytes);

  /// Holds a magnitude and sign apart from its accumulator.
  struct Magnitude;

  /// Returns the finite part as sign and digits.
  Magnitude magnitude() const noexcept;

 private:
  static constexpr size_t kDigits = 136;
  static constexpr int kExponent = -2176;
  static constexpr uint32_t kPendingMax = uint32_t{1} << 29;

  void add_at(uint64_t significand, int position, bool negative) noexcept;
  void add_special(double value) noexcept;
  void settle_if_due() noexcept;
  void settle() noexcept;
  std::optional<double> special_result() const noexcept;

  std::array<int64_t, kDigits> digits_ = {};  // All but the last are in [0, 2^32) when pending_ is 0.
  uint32_t pending_ = 0;                      // Bounds every digit: |digit| <= (pending_ + 1) * 2^32.
  uint64_t nan_count_ = 0;
  uint64_t positive_infinity_count_ = 0;
  uint64_t negative_infinity_count_ = 0;
};

struct ExactSum::Magnitude {
  std::array<uint32_t, kDigits> digits;
  bool negative;

  /// Returns a view without zero digits at either end; it is valid as long as this object.
  WideNumber number() const noexcept;
};

}  // namespace headrace
