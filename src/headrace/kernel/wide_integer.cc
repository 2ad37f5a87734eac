// The rounding functions find the last bit that the format can hold, take the bits from there up, and add one if what
// is cut off is more than half, or half beside an odd bit. The float is then put together from its bit fields.

#include "headrace/kernel/wide_integer.h"

#include <algorithm>
#include <bit>

namespace headrace {

namespace {

constexpr int kDigitBits = 32;

/// Returns the `count` bits (at most 128) from bit `position` on; bits beyond the digits are zero.
Uint128 extract_bits(std::span<const uint32_t> digits, int64_t position, int count) noexcept {
  Uint128 bits = 0;
  for (int done = 0; done < count;) {
    const int64_t at = position + done;
    const auto index = static_cast<size_t>(at / kDigitBits);
    const int shift = static_cast<int>(at % kDigitBits);
    if (index >= digits.size()) break;
    bits |= static_cast<Uint128>(digits[index] >> shift) << done;
    done += kDigitBits - shift;
  }
  return count == 128 ? bits : bits & ((static_cast<Uint128>(1) << count) - 1);
}

bool any_bit_below(std::span<const uint32_t> digits, int64_t position) noexcept {
  const auto whole = std::min(static_cast<size_t>(position / kDigitBits), digits.size());
  if (std::any_of(digits.begin(), digits.begin() + static_cast<std::ptrdiff_t>(whole),
                  [](uint32_t digit) { return digit != 0; })) {
    return true;
  }
  return extract_bits(digits, static_cast<int64_t>(whole) * kDigitBits, static_cast<int>(position % kDigitBits)) != 0;
}

/// Is a magnitude rounded to the precision and range of a float format: significand * 2^exponent.
struct Rounded {
  Uint128 significand;
  int64_t exponent;
};

/// Rounds non-zero trimmed digits to `precision` bits, fewer where the last bit would fall below 2^exponent_min.
Rounded round_digits(std::span<const uint32_t> digits, int exponent, int precision, int64_t exponent_min) noexcept {
  const int64_t bits = static_cast<int64_t>(digits.size()) * kDigitBits - std::countl_zero(digits.back());
  const int64_t last = std::max(exponent + bits - precision, exponent_min);
  const int64_t drop = last - exponent;
  if (drop <= 0) return {extract_bits(digits, 0, static_cast<int>(bits)) << -drop, last};
  if (drop > bits) return {0, last};
  Uint128 significand = extract_bits(digits, drop, precision);
  const bool half = extract_bits(digits, drop - 1, 1) != 0;
  if (half && ((significand & 1) != 0 || any_bit_below(digits, drop - 1))) ++significand;
  return {significand, last};
}

}  // namespace

std::span<const uint32_t> trim_digits(std::span<const uint32_t> digits) noexcept {
  while (!digits.empty() && digits.back() == 0) digits = digits.first(digits.size() - 1);
  return digits;
}

void multiply_digits(std::span<const uint32_t> left, std::span<const uint32_t> right,
                     std::span<uint32_t> product) noexcept {
  std::fill(product.begin(), product.end(), 0);
  for (size_t i = 0; i < left.size(); ++i) {
    uint64_t carry = 0;
    for (size_t j = 0; j < right.size(); ++j) {
      carry += uint64_t{left[i]} * right[j] + product[i + j];
      product[i + j] = static_cast<uint32_t>(carry);
      carry >>= kDigitBits;
    }
    product[i + right.size()] = static_cast<uint32_t>(carry);
  }
}

bool less_digits(std::span<const uint32_t> left, std::span<const uint32_t> right) noexcept {
  left = trim_digits(left);
  right = trim_digits(right);
  if (left.size() != right.size()) return left.size() < right.size();
  return std::lexicographical_compare(left.rbegin(), left.rend(), right.rbegin(), right.rend());
}

void subtract_digits(std::span<uint32_t> left, std::span<const uint32_t> right) noexcept {
  int64_t borrow = 0;
  for (size_t i = 0; i < left.size() && (i < right.size() || borrow != 0); ++i) {
    borrow += int64_t{left[i]} - (i < right.size() ? right[i] : 0);
    left[i] = static_cast<uint32_t>(borrow);
    borrow >>= kDigitBits;
  }
}

double round_to_double(const WideNumber& number) noexcept {
  const std::span<const uint32_t> digits = trim_digits(number.digits);
  if (digits.empty()) return 0.0;
  const Rounded rounded = round_digits(digits, number.exponent, 53, -1074);
  const auto significand = static_cast<uint64_t>(rounded.significand);
  constexpr uint64_t kImplicitBit = uint64_t{1} << 52;
  constexpr uint64_t kInfinity = uint64_t{0x7ff} << 52;
  uint64_t bits = significand;  // Right as it is for subnormal numbers.
  if (significand >= kImplicitBit) {
    // A significand that was rounded up to 2^53 carries into the exponent field, as it should.
    const int64_t biased = rounded.exponent + 1075;
    bits = biased >= 0x7ff ? kInfinity
                           : std::min(kInfinity, (static_cast<uint64_t>(biased) << 52) + (significand - kImplicitBit));
  }
  return std::bit_cast<double>(bits | (uint64_t{number.negative && bits != 0} << 63));
}

Float128 round_to_float128(const WideNumber& number) noexcept {
  const std::span<const uint32_t> digits = trim_digits(number.digits);
  if (digits.empty()) return 0;
  constexpr int64_t kNoLimit = -16494;  // The exponent of the smallest subnormal: never reached.
  const Rounded rounded = round_digits(digits, number.exponent, 113, kNoLimit);
  const Uint128 implicit_bit = static_cast<Uint128>(1) << 112;
  const int64_t biased = rounded.exponent + 112 + 16383;
  const Uint128 sign = static_cast<Uint128>(number.negative ? 1 : 0) << 127;
  return std::bit_cast<Float128>(sign | ((static_cast<Uint128>(biased) << 112) + (rounded.significand - implicit_bit)));
}

}  // namespace headrace
