// year, quarter, month, week, day, day_of_week, day_of_year, weekday, hour, minute, second: numbers read off a date or
// a timestamp. A timestamp with a zone is read in UTC, one without as it stands; a date is its midnight.
#include "headrace/expr/function/accept.h"
#include "headrace/expr/function/rows.h"
#include "headrace/expr/function/time_range.h"

namespace headrace {

extern const Function kDay;
extern const Function kDayOfWeek;
extern const Function kDayOfYear;
extern const Function kHour;
extern const Function kMinute;
extern const Function kMonth;
extern const Function kQuarter;
extern const Function kSecond;
extern const Function kWeek;
extern const Function kWeekday;
extern const Function kYear;

namespace {

Resolved resolve_part(const Function& function, std::span<const Type> given) {
  return {accept(function, given, {Accept::kMoment}), TypeKind::kInt32};
}

/// A part that depends on the day only.
template <typename Part>
Column day_part(const FunctionCall& call, const Part& part) {
  if (call.args[0].type() == TypeKind::kDate) {
    const std::int32_t* days = call.args[0].values<std::int32_t>().data();
    return make_values<std::int32_t>(call, [&](std::int64_t row) { return part(std::int64_t{days[row]}); });
  }
  const std::int64_t* micros = call.args[0].values<std::int64_t>().data();
  return make_values<std::int32_t>(call, [&](std::int64_t row) { return part(day_of_timestamp(micros[row])); });
}

/// A part that depends on the time of day only: (time / unit) modulo count.
template <std::int64_t kUnitMicros, std::int64_t kCount>
Column time_part(const FunctionCall& call) {
  if (call.args[0].type() == TypeKind::kDate) return make_values<std::int32_t>(call, [](std::int64_t) { return 0; });
  const std::int64_t* micros = call.args[0].values<std::int64_t>().data();
  return make_values<std::int32_t>(call,
                                   [&](std::int64_t row) { return micros_of_day(micros[row]) / kUnitMicros % kCount; });
}

/// ISO 8601: weeks begin on Monday, and week 1 is the one that holds the year's first Thursday.
std::int64_t week_of(std::int64_t days) {
  std::int64_t thursday = days - weekday_of(days) + 3;
  return (thursday - days_from_civil({civil_from_days(thursday).year, 1, 1})) / 7 + 1;
}

}  // namespace

const Function kDay = {
    .name = "day",
    .group = "time",
    .signature = "day(x: date | timestamp) -> int32",
    .summary = "The day of the month, 1 to 31.",
    .examples = {{"day(date '2013-11-28')", "28"}},
    .resolve = [](std::span<const Type> given) { return resolve_part(kDay, given); },
    .eval =
        [](const FunctionCall& call) {
          return day_part(call, [](std::int64_t days) { return civil_from_days(days).day; });
        },
    .fails = Fails::kNever,
};

const Function kDayOfWeek = {
    .name = "day_of_week",
    .group = "time",
    .signature = "day_of_week(x: date | timestamp) -> int32",
    .summary = "The day of the week from 1 = Sunday to 7 = Saturday; weekday() counts from 0 = Monday.",
    .examples = {{"day_of_week(date '2013-11-28')", "5"}},
    .resolve = [](std::span<const Type> given) { return resolve_part(kDayOfWeek, given); },
    .eval =
        [](const FunctionCall& call) {
          return day_part(call, [](std::int64_t days) { return (weekday_of(days) + 1) % 7 + 1; });
        },
    .fails = Fails::kNever,
};

const Function kDayOfYear = {
    .name = "day_of_year",
    .group = "time",
    .signature = "day_of_year(x: date | timestamp) -> int32",
    .summary = "The day of the year, 1 to 366.",
    .examples = {{"day_of_year(date '2013-02-01')", "32"}},
    .resolve = [](std::span<const Type> given) { return resolve_part(kDayOfYear, given); },
    .eval =
        [](const FunctionCall& call) {
          return day_part(
              call, [](std::int64_t days) { return days - days_from_civil({civil_from_days(days).year, 1, 1}) + 1; });
        },
    .fails = Fails::kNever,
};

const Function kHour = {
    .name = "hour",
    .group = "time",
    .signature = "hour(x: date | timestamp) -> int32",
    .summary = "The hour of the day, 0 to 23, of a timestamp with a zone in UTC; 0 for a date.",
    .examples = {{"hour(timestamp '2013-01-01T17:45:30Z')", "17"}},
    .resolve = [](std::span<const Type> given) { return resolve_part(kHour, given); },
    .eval = [](const FunctionCall& call) { return time_part<3'600 * kMicrosPerSecond, 24>(call); },
    .fails = Fails::kNever,
};

const Function kMinute = {
    .name = "minute",
    .group = "time",
    .signature = "minute(x: date | timestamp) -> int32",
    .summary = "The minute of the hour, 0 to 59; 0 for a date.",
    .examples = {{"minute(timestamp '2013-01-01T17:45:30Z')", "45"}},
    .resolve = [](std::span<const Type> given) { return resolve_part(kMinute, given); },
    .eval = [](const FunctionCall& call) { return time_part<60 * kMicrosPerSecond, 60>(call); },
    .fails = Fails::kNever,
};

const Function kMonth = {
    .name = "month",
    .group = "time",
    .signature = "month(x: date | timestamp) -> int32",
    .summary = "The month, 1 to 12.",
    .examples = {{"month(date '2013-11-28')", "11"}},
    .resolve = [](std::span<const Type> given) { return resolve_part(kMonth, given); },
    .eval =
        [](const FunctionCall& call) {
          return day_part(call, [](std::int64_t days) { return civil_from_days(days).month; });
        },
    .fails = Fails::kNever,
};

const Function kQuarter = {
    .name = "quarter",
    .group = "time",
    .signature = "quarter(x: date | timestamp) -> int32",
    .summary = "The quarter of the year, 1 to 4.",
    .examples = {{"quarter(date '2013-11-28')", "4"}},
    .resolve = [](std::span<const Type> given) { return resolve_part(kQuarter, given); },
    .eval =
        [](const FunctionCall& call) {
          return day_part(call, [](std::int64_t days) { return (civil_from_days(days).month + 2) / 3; });
        },
    .fails = Fails::kNever,
};

const Function kSecond = {
    .name = "second",
    .group = "time",
    .signature = "second(x: date | timestamp) -> int32",
    .summary = "The whole second of the minute, 0 to 59; 0 for a date.",
    .examples = {{"second(timestamp '2013-01-01T17:45:30.9Z')", "30"}},
    .resolve = [](std::span<const Type> given) { return resolve_part(kSecond, given); },
    .eval = [](const FunctionCall& call) { return time_part<kMicrosPerSecond, 60>(call); },
    .fails = Fails::kNever,
};

const Function kWeek = {
    .name = "week",
    .group = "time",
    .signature = "week(x: date | timestamp) -> int32",
    .summary =
        "The ISO 8601 week of the year, 1 to 53: weeks begin on Monday, and week 1 holds the first Thursday, so the "
        "first days of January may lie in week 52 or 53 of the year before.",
    .examples = {{"week(date '2013-01-01')", "1"}, {"week(date '2012-01-01')", "52"}},
    .resolve = [](std::span<const Type> given) { return resolve_part(kWeek, given); },
    .eval = [](const FunctionCall& call) { return day_part(call, week_of); },
    .fails = Fails::kNever,
};

const Function kWeekday = {
    .name = "weekday",
    .group = "time",
    .signature = "weekday(x: date | timestamp) -> int32",
    .summary = "The day of the week from 0 = Monday to 6 = Sunday; day_of_week() counts from 1 = Sunday.",
    .examples = {{"weekday(date '2013-11-28')", "3"}},
    .resolve = [](std::span<const Type> given) { return resolve_part(kWeekday, given); },
    .eval = [](const FunctionCall& call) { return day_part(call, weekday_of); },
    .fails = Fails::kNever,
};

const Function kYear = {
    .name = "year",
    .group = "time",
    .signature = "year(x: date | timestamp) -> int32",
    .summary = "The year of the proleptic Gregorian calendar, which has a year 0.",
    .examples = {{"year(date '2013-11-28')", "2013"}, {"year(timestamp '1969-12-31T23:59:59Z')", "1969"}},
    .resolve = [](std::span<const Type> given) { return resolve_part(kYear, given); },
    .eval =
        [](const FunctionCall& call) {
          return day_part(call, [](std::int64_t days) { return civil_from_days(days).year; });
        },
    .fails = Fails::kNever,
};

}  // namespace headrace
