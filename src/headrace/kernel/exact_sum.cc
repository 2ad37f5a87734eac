// A value is taken apart into sign, significand and exponent; the significand, shifted by up to 31 bits, is added to
// three digits. All else (carries, sign and magnitude, rounding, bytes) happens once per many values.

#include "headrace/kernel/exact_sum.h"

#include <bit>
#include <cstring>
#include <limits>

namespace headrace {

namespace {

constexpr uint64_t kImplicitBit = uint64_t{1} << 52;
constexpr int kSpecialExponent = 0x7ff;
constexpr size_t kHeaderBytes = 29;

/// Is a finite double taken apart: (negative ? -1 : 1) * significand * 2^exponent.
struct Parts {
  uint64_t significand;
  int exponent;
  bool negative;
};

int exponent_field(double value) noexcept { return static_cast<int>(std::bit_cast<uint64_t>(value) >> 52) & 0x7ff; }

Parts take_apart(double value) noexcept {
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  const int field = exponent_field(value);
  const uint64_t fraction = bits & (kImplicitBit - 1);
  return {field == 0 ? fraction : fraction | kImplicitBit, (field == 0 ? 1 : field) - 1075, (bits >> 63) != 0};
}

template <typename Integer>
void put(uint8_t*& to, Integer value) noexcept {
  std::memcpy(to, &value, sizeof value);
  to += sizeof value;
}

template <typename Integer>
Integer take(const uint8_t*& from) noexcept {
  Integer value;
  std::memcpy(&value, from, sizeof value);
  from += sizeof value;
  return value;
}

}  // namespace

void ExactSum::add_at(uint64_t significand, int position, bool negative) noexcept {
  const auto index = static_cast<size_t>(position >> 5);
  const int shift = position & 31;
  const int64_t sign = negative ? -1 : 0;
  const uint64_t low = significand << shift;
  const uint64_t high = shift == 0 ? 0 : significand >> (64 - shift);
  // Exclusive-or with -1 and minus -1 changes the sign.
  digits_[index] += (static_cast<int64_t>(low & 0xffffffff) ^ sign) - sign;
  digits_[index + 1] += (static_cast<int64_t>(low >> 32) ^ sign) - sign;
  digits_[index + 2] += (static_cast<int64_t>(high) ^ sign) - sign;
  ++pending_;
}

void ExactSum::add_special(double value) noexcept {
  if (value != value) {
    ++nan_count_;
  } else if (value > 0) {
    ++positive_infinity_count_;
  } else {
    ++negative_infinity_count_;
  }
}

void ExactSum::settle_if_due() noexcept {
  if (pending_ >= kPendingMax) settle();
}

void ExactSum::settle() noexcept {
  for (size_t i = 0; i + 1 < kDigits; ++i) {
    digits_[i + 1] += digits_[i] >> 32;
    digits_[i] &= 0xffffffff;
  }
  pending_ = 0;
}

void ExactSum::add(double value) noexcept {
  if (exponent_field(value) == kSpecialExponent) return add_special(value);
  const Parts parts = take_apart(value);
  add_at(parts.significand, parts.exponent - kExponent, parts.negative);
  settle_if_due();
}

void ExactSum::add(std::span<const double> values) noexcept {
  for (const double value : values) add(value);
}

void ExactSum::add_product(double left, double right) noexcept {
  if (exponent_field(left) == kSpecialExponent || exponent_field(right) == kSpecialExponent) {
    // The product of special values is exact.
    return add_special(left * right);
  }
  const Parts l = take_apart(left);
  const Parts r = take_apart(right);
  const Uint128 product = static_cast<Uint128>(l.significand) * r.significand;
  const int position = l.exponent + r.exponent - kExponent;
  const bool negative = l.negative != r.negative;
  add_at(static_cast<uint64_t>(product), position, negative);
  add_at(static_cast<uint64_t>(product >> 64), position + 64, negative);
  settle_if_due();
}

void ExactSum::add_squares(std::span<const double> values) noexcept {
  for (const double value : values) add_product(value, value);
}

void ExactSum::merge(const ExactSum& other) noexcept {
  for (size_t i = 0; i < kDigits; ++i) digits_[i] += other.digits_[i];
  nan_count_ += other.nan_count_;
  positive_infinity_count_ += other.positive_infinity_count_;
  negative_infinity_count_ += other.negative_infinity_count_;
  pending_ += other.pending_ + 1;
  settle_if_due();
}

bool ExactSum::is_finite() const noexcept {
  return (nan_count_ | positive_infinity_count_ | negative_infinity_count_) == 0;
}

std::optional<double> ExactSum::special_result() const noexcept {
  if (is_finite()) return std::nullopt;
  const bool positive = positive_infinity_count_ != 0;
  const bool negative = negative_infinity_count_ != 0;
  if (nan_count_ != 0 || (positive && negative)) return std::numeric_limits<double>::quiet_NaN();
  return positive ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
}

ExactSum::Magnitude ExactSum::magnitude() const noexcept {
  ExactSum settled = *this;
  settled.settle();
  Magnitude result;
  result.negative = settled.digits_[kDigits - 1] < 0;
  if (result.negative) {
    for (int64_t& digit : settled.digits_) digit = -digit;
    settled.settle();
  }
  for (size_t i = 0; i < kDigits; ++i) result.digits[i] = static_cast<uint32_t>(settled.digits_[i]);
  return result;
}

WideNumber ExactSum::Magnitude::number() const noexcept {
  std::span<const uint32_t> trimmed = trim_digits(digits);
  int exponent = kExponent;
  while (!trimmed.empty() && trimmed.front() == 0) {
    trimmed = trimmed.subspan(1);
    exponent += 32;
  }
  return {trimmed, exponent, negative};
}

double ExactSum::to_double() const noexcept {
  if (const std::optional<double> special = special_result()) return *special;
  return round_to_double(magnitude().number());
}

Float128 ExactSum::to_float128() const noexcept {
  if (const std::optional<double> special = special_result()) return *special;
  return round_to_float128(magnitude().number());
}

std::vector<uint8_t> ExactSum::to_bytes() const {
  const Magnitude whole = magnitude();
  const WideNumber number = whole.number();
  const size_t count = number.digits.size();
  std::vector<uint8_t> bytes(kHeaderBytes + count * sizeof(uint32_t));
  uint8_t* to = bytes.data();
  put(to, nan_count_);
  put(to, positive_infinity_count_);
  put(to, negative_infinity_count_);
  put(to, static_cast<uint8_t>(number.negative ? 1 : 0));
  put(to, static_cast<uint16_t>(count == 0 ? 0 : (number.exponent - kExponent) / 32));
  put(to, static_cast<uint16_t>(count));
  for (const uint32_t digit : number.digits) put(to, digit);
  return bytes;
}

std::optional<ExactSum> ExactSum::from_bytes(std::span<const uint8_t> bytes) {
  if (bytes.size() < kHeaderBytes) return std::nullopt;
  const uint8_t* from = bytes.data();
  ExactSum sum;
  sum.nan_count_ = take<uint64_t>(from);
  sum.positive_infinity_count_ = take<uint64_t>(from);
  sum.negative_infinity_count_ = take<uint64_t>(from);
  const auto negative = take<uint8_t>(from);
  const size_t first = take<uint16_t>(from);
  const size_t count = take<uint16_t>(from);
  // The most significant digit of an accumulator is its sign and belongs to no magnitude.
  if (bytes.size() != kHeaderBytes + count * sizeof(uint32_t) || first + count >= kDigits || negative > 1) {
    return std::nullopt;
  }
  if (count == 0) return first == 0 && negative == 0 ? std::optional(sum) : std::nullopt;
  for (size_t i = 0; i < count; ++i) {
    const int64_t digit = take<uint32_t>(from);
    if (digit == 0 && (i == 0 || i + 1 == count)) return std::nullopt;
    sum.digits_[first + i] = negative != 0 ? -digit : digit;
  }
  sum.settle();
  return sum;
}

}  // namespace headrace
