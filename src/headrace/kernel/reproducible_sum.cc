// Products, merging and rounding. A finished sum carries its bins, 24 bits apart, over to digits of 32 bits.

#include "headrace/kernel/reproducible_sum.h"

#include <limits>

namespace headrace {

namespace {

/// Is a finite double taken apart: significand * 2^exponent.
struct Parts {
  uint64_t significand;
  int exponent;
};

bool is_special(double value) noexcept { return ((std::bit_cast<uint64_t>(value) >> 52) & 0x7ff) == 0x7ff; }

Parts take_apart(double value) noexcept {
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  const int field = static_cast<int>(bits >> 52) & 0x7ff;
  const uint64_t fraction = bits & ((uint64_t{1} << 52) - 1);
  return {field == 0 ? fraction : fraction | (uint64_t{1} << 52), (field == 0 ? 1 : field) - 1075};
}

}  // namespace

void ReproducibleSum::add_special(double value) noexcept {
  const uint8_t seen = value != value ? kNanSeen : value > 0 ? kPositiveInfinitySeen : kNegativeInfinitySeen;
  special_ = static_cast<uint8_t>(special_ | seen);
}

void ReproducibleSum::raise_top(int digit) noexcept {
  const int moved = digit - top_;
  for (int i = kBins - 1; i >= 0; --i) {
    bins_[static_cast<size_t>(i)] = i >= moved ? bins_[static_cast<size_t>(i - moved)] : 0;
  }
  top_ = static_cast<int16_t>(digit);
}

void ReproducibleSum::add_product(double left, double right) noexcept {
  if (is_special(left) || is_special(right)) return add_special(left * right);
  const Parts l = take_apart(left);
  const Parts r = take_apart(right);
  // The bit of weight 2^105, where the leading bit of the product can be, goes to the top of the double word.
  Uint128 rest = (static_cast<Uint128>(l.significand) * r.significand) << 22;
  if (rest == 0) return;
  const int leading = l.exponent + r.exponent + 105 - kExponent;
  const int digit = leading / kDigitBits;
  const int place = leading % kDigitBits;
  if (digit > top_) raise_top(digit);
  const bool negative = (left < 0) != (right < 0);
  int width = place + 1;
  for (int bin = top_ - digit, i = 0; bin < kBins && i < kProductDigits; ++bin, ++i) {
    const auto value = static_cast<int64_t>(rest >> (128 - width));
    bins_[static_cast<size_t>(bin)] += negative ? -value : value;
    rest <<= width;
    width = kDigitBits;
  }
}

void ReproducibleSum::merge(const ReproducibleSum& other) noexcept {
  special_ = static_cast<uint8_t>(special_ | other.special_);
  if (other.top_ > top_) raise_top(other.top_);
  const auto first = static_cast<size_t>(top_ - other.top_);
  for (size_t i = 0; first + i < kBins; ++i) bins_[first + i] += other.bins_[i];
}

ReproducibleSum::Magnitude ReproducibleSum::magnitude() const noexcept {
  // The lowest bin's exponent, rounded down to a multiple of 32, is where the digits begin.
  const int lowest = kDigitBits * (top_ - kBins + 1) + kExponent;
  const int shift = ((lowest % 32) + 32) % 32;
  Magnitude result = {{}, lowest - shift, false};
  std::array<int64_t, 8> sums = {};
  for (size_t i = 0; i < kBins; ++i) {
    const auto position = static_cast<size_t>(shift) + (kBins - 1 - i) * kDigitBits;
    const Int128 value = static_cast<Int128>(bins_[i]) * (int64_t{1} << (position % 32));
    const size_t at = position / 32;
    sums[at] += static_cast<int64_t>(value & 0xffffffff);
    sums[at + 1] += static_cast<int64_t>((value >> 32) & 0xffffffff);
    sums[at + 2] += static_cast<int64_t>(value >> 64);
  }
  const auto carry = [&sums] {
    for (size_t i = 0; i + 1 < sums.size(); ++i) {
      sums[i + 1] += sums[i] >> 32;
      sums[i] &= 0xffffffff;
    }
  };
  carry();
  result.negative = sums.back() < 0;
  if (result.negative) {
    for (int64_t& sum : sums) sum = -sum;
    carry();
  }
  for (size_t i = 0; i < sums.size(); ++i) result.digits[i] = static_cast<uint32_t>(sums[i]);
  return result;
}

WideNumber ReproducibleSum::Magnitude::number() const noexcept {
  std::span<const uint32_t> trimmed = trim_digits(digits);
  int lowest = exponent;
  while (!trimmed.empty() && trimmed.front() == 0) {
    trimmed = trimmed.subspan(1);
    lowest += 32;
  }
  return {trimmed, lowest, negative};
}

double ReproducibleSum::special_result() const noexcept {
  if (special_ == kPositiveInfinitySeen) return std::numeric_limits<double>::infinity();
  if (special_ == kNegativeInfinitySeen) return -std::numeric_limits<double>::infinity();
  return std::numeric_limits<double>::quiet_NaN();
}

double ReproducibleSum::to_double() const noexcept {
  return is_finite() ? round_to_double(magnitude().number()) : special_result();
}

Float128 ReproducibleSum::to_float128() const noexcept {
  return is_finite() ? round_to_float128(magnitude().number()) : Float128{special_result()};
}

void ReproducibleMoments::add(double value) noexcept {
  ++count;
  sum.add(value);
  sum_of_squares.add_product(value, value);
}

void ReproducibleMoments::merge(const ReproducibleMoments& other) noexcept {
  count += other.count;
  sum.merge(other.sum);
  sum_of_squares.merge(other.sum_of_squares);
}

double ReproducibleMoments::mean() const noexcept {
  if (count == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(sum.to_float128() / static_cast<Float128>(count));
}

double ReproducibleMoments::variance(VarianceKind kind) const noexcept {
  if (!sum.is_finite()) return std::numeric_limits<double>::quiet_NaN();
  const ReproducibleSum::Magnitude total = sum.magnitude();
  const ReproducibleSum::Magnitude squares = sum_of_squares.magnitude();
  return variance_from_sums(count, total.number(), squares.number(), kind);
}

}  // namespace headrace
