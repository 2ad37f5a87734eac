// See exact_totals.h.
#include "headrace/expr/aggregate/exact_totals.h"

#include "headrace/column/decimal.h"

namespace headrace {

std::optional<Int128> DecimalTotals::sum(std::size_t group, int precision) const {
  auto sum = static_cast<Int128>(low_[group]);
  if (high_[group] != (sum < 0 ? -1 : 0) || !fits_precision(sum, precision)) return std::nullopt;
  return sum;
}

std::optional<Int128> DecimalTotals::mean(std::size_t group, std::int64_t count, int digits, int precision) const {
  bool is_negative = high_[group] < 0;
  Uint128 low = is_negative ? -low_[group] : low_[group];
  auto high = static_cast<std::uint64_t>(high_[group]);
  if (is_negative) high = ~high + (low == 0 ? 1 : 0);

  // Long division of the magnitude by the count, 64 bits a step. The first digit of the quotient is 0, as the mean is
  // no longer than a value.
  auto divisor = static_cast<Uint128>(count);
  Uint128 rest = high % divisor;
  Uint128 middle = rest << 64 | (low >> 64);
  rest = middle % divisor;
  Uint128 last = rest << 64 | static_cast<std::uint64_t>(low);
  Uint128 quotient = (middle / divisor) << 64 | last / divisor;
  rest = last % divisor;

  auto whole = static_cast<Int128>(quotient);
  if (!fits_precision(whole, precision - digits)) return std::nullopt;
  auto power = static_cast<Uint128>(power_of_ten(digits));
  Uint128 fraction = (2 * rest * power + divisor) / (2 * divisor);
  Int128 mean = whole * static_cast<Int128>(power) + static_cast<Int128>(fraction);
  if (!fits_precision(mean, precision)) return std::nullopt;
  return is_negative ? -mean : mean;
}

}  // namespace headrace
