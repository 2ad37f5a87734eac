// See mix.h.
#include "headrace/feed/mix.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "headrace/base/error.h"

namespace headrace {
namespace {

constexpr std::int64_t kTotal = std::int64_t{1} << 20;

}  // namespace

Mix::Mix(std::span<const double> ratios) {
  double total = 0;
  for (double ratio : ratios) {
    if (!(ratio > 0) || !std::isfinite(ratio)) {
      throw Error(ErrorCode::kInvalidArgument, fmt::format("a data set is mixed in with ratio {}", ratio),
                  "ratios are numbers above 0");
    }
    total += ratio;
  }
  double sum = 0;
  for (double ratio : ratios) {
    sum += ratio;
    shares_.push_back(std::llround(sum / total * static_cast<double>(kTotal)));
  }
  shares_.back() = kTotal;
  for (std::size_t i = 0; i < shares_.size(); ++i) {
    if (shares_[i] > (i == 0 ? 0 : shares_[i - 1])) continue;
    throw Error(ErrorCode::kInvalidArgument, fmt::format("a data set has a share of {:.2g}", ratios[i] / total),
                "shares are a millionth or more");
  }
}

std::int64_t Mix::rows_before(std::size_t index, std::int64_t place) const {
  auto before = [&](std::int64_t share) {
    // place × share / kTotal without overflow.
    return place / kTotal * share + place % kTotal * share / kTotal;
  };
  return before(shares_[index]) - (index == 0 ? 0 : before(shares_[index - 1]));
}

std::int64_t Mix::row_count(std::span<const std::int64_t> rows, bool until_all) const {
  std::int64_t count = until_all ? 0 : std::numeric_limits<std::int64_t>::max();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] == 0) return 0;
    // The last place up to which the data set has given no more than its rows.
    std::int64_t low = 0;
    std::int64_t high = static_cast<std::int64_t>(static_cast<double>(rows[i] + 2) / share(i)) + 2;
    while (high - low > 1) {
      std::int64_t middle = low + (high - low) / 2;
      (rows_before(i, middle) <= rows[i] ? low : high) = middle;
    }
    count = until_all ? std::max(count, low) : std::min(count, low);
  }
  return count;
}

double Mix::share(std::size_t index) const {
  std::int64_t share = shares_[index] - (index == 0 ? 0 : shares_[index - 1]);
  return static_cast<double>(share) / static_cast<double>(kTotal);
}

}  // namespace headrace
