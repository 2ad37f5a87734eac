// Row counts and the clock of the log. See scale.h.
#include "bench/generate/scale.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "headrace/base/error.h"

namespace headrace::bench {
namespace {

constexpr std::int64_t kMicrosPerHour = 3'600'000'000;

/// How busy each hour of a day is.
constexpr std::array<int, 24> kBusy = {30, 20, 14, 10, 9,  12, 22, 38, 52, 60, 64, 66,
                                       70, 68, 64, 64, 66, 72, 80, 88, 92, 84, 66, 46};

constexpr std::array<int, 25> running_totals() {
  std::array<int, 25> totals{};
  for (std::size_t hour = 0; hour < 24; ++hour) totals[hour + 1] = totals[hour] + kBusy[hour];
  return totals;
}
constexpr std::array<int, 25> kBusyBefore = running_totals();

}  // namespace

RowCounts rows_at(double scale) {
  auto no_tables = [&] {
    return Error(ErrorCode::kInvalidArgument, fmt::format("no tables at scale {}", scale),
                 "a scale is above 0.00005 and at most 1");
  };
  if (!(scale > 0 && scale <= 1)) throw no_tables();
  auto scaled = [&](double at_one) { return static_cast<std::int64_t>(std::llround(scale * at_one)); };
  RowCounts rows{};
  rows.visits = scaled(25e6);
  rows.clicks = scaled(6e6);
  rows.repeated_clicks = scaled(60e3);
  rows.malformed_clicks = scaled(6e3);
  rows.conversions = scaled(1e6);
  rows.malformed_conversions = scaled(1e3);
  rows.users = scaled(5e6);
  rows.items = scaled(2e6);
  rows.campaigns = scaled(100e3);
  std::int64_t countries = std::clamp<std::int64_t>(scaled(20'000), 1, 200);
  rows.weather = countries * kLogHours;
  rows.impressions = scaled(100e6) - rows.visits - rows.clicks - rows.conversions - rows.users - rows.items -
                     rows.campaigns - rows.weather;
  if (rows.campaigns < 1 || rows.impressions < 2 * rows.clicks) throw no_tables();
  return rows;
}

std::int64_t time_of_row(std::int64_t row, std::int64_t rows, std::uint64_t jitter) {
  // Twenty bits of jitter keep row + jitter exact, so that the last time stays below the end.
  double position = static_cast<double>(row) + static_cast<double>(jitter >> 44) * 0x1p-20;
  double days = position / static_cast<double>(rows) * 30;
  std::int64_t day = std::min<std::int64_t>(static_cast<std::int64_t>(days), 29);
  double busy = (days - static_cast<double>(day)) * kBusyBefore[24];
  auto after = std::upper_bound(kBusyBefore.begin() + 1, kBusyBefore.end() - 1, static_cast<int>(busy));
  std::int64_t hour = after - kBusyBefore.begin() - 1;
  double fraction = (busy - kBusyBefore[static_cast<std::size_t>(hour)]) / kBusy[static_cast<std::size_t>(hour)];
  auto micros = static_cast<std::int64_t>(fraction * static_cast<double>(kMicrosPerHour));
  return kLogStart + (day * 24 + hour) * kMicrosPerHour + std::min(micros, kMicrosPerHour - 1);
}

}  // namespace headrace::bench
