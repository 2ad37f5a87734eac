// unix_seconds, unix_micros, make_date, make_timestamp: between times and numbers.
#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "headrace/expr/function/accept.h"
#include "headrace/expr/function/rows.h"
#include "headrace/expr/function/time_range.h"

namespace headrace {

extern const Function kMakeDate;
extern const Function kMakeTimestamp;
extern const Function kUnixMicros;
extern const Function kUnixSeconds;

namespace {

void require_between(const FunctionCall& call, std::int64_t row, std::string_view what, std::int64_t value,
                     std::int64_t max, std::int64_t min = 0) {
  if (value >= min && value <= max) return;
  call.fail(row, fmt::format("there is no {} {}", what, value), fmt::format("a {} is {} to {} here", what, min, max));
}

/// Days since 1970-01-01 of a date given in numbers, which are checked but for the year: one beyond the range of dates
/// gives days beyond it.
std::int64_t days_of(const FunctionCall& call, std::int64_t row, std::int64_t year, std::int64_t month,
                     std::int64_t day) {
  constexpr std::int64_t kYearMax = 10'000'000;
  year = std::clamp(year, -kYearMax, kYearMax);
  require_between(call, row, "month", month, 12, 1);
  require_between(call, row, "day", day, days_in_month(year, static_cast<int>(month)), 1);
  return days_from_civil({year, static_cast<int>(month), static_cast<int>(day)});
}

Column make_date(const FunctionCall& call) {
  IntArgument years(call, 0);
  IntArgument months(call, 1);
  IntArgument days(call, 2);
  return make_values<std::int32_t>(call, [&](std::int64_t row) {
    return checked_date(call, row, days_of(call, row, years[row], months[row], days[row]));
  });
}

/// Microseconds of an argument in seconds, whole or with a fraction, which is rounded to microseconds; 0 to 60 s.
class SecondsArgument {
 public:
  SecondsArgument(const FunctionCall& call, std::size_t index) {
    if (call.expr.args[index]->type == TypeKind::kInt64) {
      whole_.emplace(call, index);
    } else if (const Value* value = call.literal(index)) {
      literal_ = value->as_double();
    } else {
      fractions_ = call.args[index].values<double>().data();
    }
  }

  std::int64_t micros(const FunctionCall& call, std::int64_t row) const {
    if (whole_) {
      require_between(call, row, "second", (*whole_)[row], 60);
      return (*whole_)[row] * kMicrosPerSecond;
    }
    double seconds = fractions_ != nullptr ? fractions_[row] : literal_;
    if (!(seconds >= 0 && seconds <= 60)) {
      call.fail(row, fmt::format("there is no second {}", seconds), "a second is 0 to 60 here");
    }
    return std::llround(seconds * static_cast<double>(kMicrosPerSecond));
  }

 private:
  std::optional<IntArgument> whole_;
  const double* fractions_ = nullptr;
  double literal_ = 0;
};

Column make_timestamp(const FunctionCall& call) {
  IntArgument years(call, 0);
  IntArgument months(call, 1);
  IntArgument days(call, 2);
  IntArgument hours(call, 3);
  IntArgument minutes(call, 4);
  SecondsArgument seconds(call, 5);
  return make_values<std::int64_t>(call, [&](std::int64_t row) {
    require_between(call, row, "hour", hours[row], 23);
    require_between(call, row, "minute", minutes[row], 59);
    std::int64_t second_micros = seconds.micros(call, row);
    std::int64_t of_day = (hours[row] * 60 + minutes[row]) * 60 * kMicrosPerSecond + second_micros;
    Int128 day = days_of(call, row, years[row], months[row], days[row]);
    return checked_timestamp(call, row, day * kMicrosPerDay + of_day);
  });
}

}  // namespace

const Function kMakeDate = {
    .name = "make_date",
    .group = "time",
    .signature = "make_date(year: int64, month: int64, day: int64) -> date",
    .summary = "The date of these numbers. An error when there is no such day.",
    .examples = {{"make_date(2013, 2, 28)", "2013-02-28"}},
    .resolve = [](std::span<const Type> given) -> Resolved {
      return {accept(kMakeDate, given, {Accept::kInteger, Accept::kInteger, Accept::kInteger}), TypeKind::kDate};
    },
    .eval = make_date,
    .reads_literals = true,
};

const Function kMakeTimestamp = {
    .name = "make_timestamp",
    .group = "time",
    .signature =
        "make_timestamp(year: int64, month: int64, day: int64, hour: int64, minute: int64, second: int64 | float64) "
        "-> timestamp",
    .summary =
        "The instant of these numbers in UTC. Seconds are rounded to microseconds, and 60 is the next minute's 0. An "
        "error when there is no such day or time.",
    .examples = {{"make_timestamp(2013, 1, 1, 6, 30, 15)", "2013-01-01T06:30:15Z"},
                 {"make_timestamp(2013, 1, 1, 6, 30, 0.25)", "2013-01-01T06:30:00.25Z"}},
    .resolve = [](std::span<const Type> given) -> Resolved {
      return {accept(kMakeTimestamp, given,
                     {Accept::kInteger, Accept::kInteger, Accept::kInteger, Accept::kInteger, Accept::kInteger,
                      Accept::kNumber}),
              TypeKind::kTimestamp};
    },
    .eval = make_timestamp,
    .reads_literals = true,
};

const Function kUnixMicros = {
    .name = "unix_micros",
    .group = "time",
    .signature = "unix_micros(x: timestamp) -> int64",
    .summary = "The microseconds since 1970-01-01T00:00Z; negative before.",
    .examples = {{"unix_micros(timestamp '1970-01-01T00:00:01.5Z')", "1500000"}},
    .resolve = [](std::span<const Type> given) -> Resolved {
      return {accept(kUnixMicros, given, {Accept::kTimestamp}), TypeKind::kInt64};
    },
    .eval = [](const FunctionCall& call) { return call.args[0].with_type(TypeKind::kInt64); },
    .fails = Fails::kNever,
};

const Function kUnixSeconds = {
    .name = "unix_seconds",
    .group = "time",
    .signature = "unix_seconds(x: timestamp) -> int64",
    .summary = "The whole seconds since 1970-01-01T00:00Z, rounded down; negative before.",
    .examples = {{"unix_seconds(timestamp '1970-01-01T00:00:01.5Z')", "1"},
                 {"unix_seconds(timestamp '1969-12-31T23:59:59.5Z')", "-1"}},
    .resolve = [](std::span<const Type> given) -> Resolved {
      return {accept(kUnixSeconds, given, {Accept::kTimestamp}), TypeKind::kInt64};
    },
    .eval =
        [](const FunctionCall& call) {
          const std::int64_t* micros = call.args[0].values<std::int64_t>().data();
          return make_values<std::int64_t>(call, [&](std::int64_t row) {
            return micros[row] / kMicrosPerSecond - (micros[row] % kMicrosPerSecond < 0 ? 1 : 0);
          });
        },
    .fails = Fails::kNever,
};

}  // namespace headrace
