// The numerator of the variance is computed in integers: two products of long numbers, shifted to the same exponent,
// and their difference.

#include "headrace/kernel/moments.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

namespace headrace {

namespace {

// A square of a sum reaches from 2^-4352 to 2^4352: 272 digits of 32 bits. The count adds two.
constexpr size_t kDigitsMax = 276;

}  // namespace

void Moments::add(double value) noexcept {
  ++count;
  sum.add(value);
  sum_of_squares.add_product(value, value);
}

void Moments::add(std::span<const double> values) noexcept {
  for (const double value : values) add(value);
}

void Moments::add(double value, int64_t times) noexcept {
  // In this range the square is exactly the sum of two doubles, neither of which is subnormal.
  constexpr double kLeast = 0x1p-400;
  constexpr double kGreatest = 0x1p+400;
  const double magnitude = std::fabs(value);
  if (value == 0.0) {
    count += times;
  } else if (magnitude >= kLeast && magnitude <= kGreatest) {
    const double square = value * value;
    const double rest = std::fma(value, value, -square);
    const auto factor = static_cast<double>(times);
    count += times;
    sum.add_product(value, factor);
    sum_of_squares.add_product(square, factor);
    sum_of_squares.add_product(rest, factor);
  } else {
    for (int64_t i = 0; i < times; ++i) add(value);
  }
}

void Moments::merge(const Moments& other) noexcept {
  count += other.count;
  sum.merge(other.sum);
  sum_of_squares.merge(other.sum_of_squares);
}

void Moments::write(ByteWriter& out) const {
  out.put(count);
  for (const ExactSum* each : {&sum, &sum_of_squares}) out.put_all<uint8_t>(each->to_bytes());
}

void Moments::read(ByteReader& in) {
  count = in.get<int64_t>();
  for (ExactSum* each : {&sum, &sum_of_squares}) {
    const std::optional<ExactSum> read = ExactSum::from_bytes(in.get_all<uint8_t>());
    if (!read) in.refuse();
    *each = *read;
  }
}

double Moments::mean() const noexcept {
  if (count == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(sum.to_float128() / static_cast<Float128>(count));
}

double Moments::variance(VarianceKind kind) const noexcept {
  if (!sum.is_finite()) return std::numeric_limits<double>::quiet_NaN();
  return variance_from_sums(count, sum.magnitude().number(), sum_of_squares.magnitude().number(), kind);
}

double variance_from_sums(int64_t count, const WideNumber& sum, const WideNumber& sum_of_squares,
                          VarianceKind kind) noexcept {
  const int64_t freedom = kind == VarianceKind::kSample ? count - 1 : count;
  if (freedom <= 0) return std::numeric_limits<double>::quiet_NaN();
  if (sum_of_squares.digits.empty() || sum_of_squares.negative) return 0.0;

  // count * sum_of_squares - sum * sum, both shifted to the lower exponent of the two.
  const int square_exponent = sum.digits.empty() ? sum_of_squares.exponent : 2 * sum.exponent;
  const int exponent = std::min(sum_of_squares.exponent, square_exponent);
  const auto squares_at = static_cast<size_t>((sum_of_squares.exponent - exponent) / 32);
  const auto square_at = static_cast<size_t>((square_exponent - exponent) / 32);
  const std::array<uint32_t, 2> count_digits = {static_cast<uint32_t>(count),
                                                static_cast<uint32_t>(static_cast<uint64_t>(count) >> 32)};
  std::array<uint32_t, kDigitsMax> squares;
  std::array<uint32_t, kDigitsMax> square;
  const size_t squares_size = squares_at + sum_of_squares.digits.size() + count_digits.size();
  const size_t square_size = square_at + 2 * sum.digits.size();
  const size_t size = std::max(squares_size, square_size);
  std::fill_n(squares.begin(), size, 0);
  std::fill_n(square.begin(), size, 0);
  multiply_digits(sum_of_squares.digits, count_digits,
                  std::span(squares).subspan(squares_at, sum_of_squares.digits.size() + count_digits.size()));
  multiply_digits(sum.digits, sum.digits, std::span(square).subspan(square_at, 2 * sum.digits.size()));

  const std::span<uint32_t> difference = std::span(squares).first(size);
  const std::span<const uint32_t> subtrahend = std::span(square).first(size);
  if (less_digits(difference, subtrahend)) return 0.0;
  subtract_digits(difference, subtrahend);
  const Float128 numerator = round_to_float128({difference, exponent, false});
  return static_cast<double>(numerator / (static_cast<Float128>(count) * static_cast<Float128>(freedom)));
}

}  // namespace headrace
