// date_add, add_months, timestamp_add: moving dates and timestamps.
#include "headrace/expr/function/accept.h"
#include "headrace/expr/function/rows.h"
#include "headrace/expr/function/time_range.h"
#include "headrace/expr/function/time_unit.h"

namespace headrace {

extern const Function kAddMonths;
extern const Function kDateAdd;
extern const Function kTimestampAdd;

namespace {

/// The number of months, brought into the range that add_months() takes; beyond it every result is out of range anyway.
std::int64_t months_within_reach(Int128 months) {
  if (months > kMonthsMax) return kMonthsMax;
  return months < -kMonthsMax ? -kMonthsMax : static_cast<std::int64_t>(months);
}

Column date_add(const FunctionCall& call) {
  MomentArgument dates(call, 0);
  IntArgument counts(call, 1);
  return make_values<std::int32_t>(
      call, [&](std::int64_t row) { return checked_date(call, row, Int128{dates[row]} + counts[row]); });
}

Column date_add_months(const FunctionCall& call) {
  MomentArgument dates(call, 0);
  IntArgument counts(call, 1);
  return make_values<std::int32_t>(call, [&](std::int64_t row) {
    return checked_date(call, row, add_months(dates[row], months_within_reach(counts[row])));
  });
}

Column timestamp_add(const FunctionCall& call) {
  TimeUnit unit = prepared_unit(call.expr);
  IntArgument counts(call, 1);
  MomentArgument timestamps(call, 2);
  if (Int128 unit_months = months_in(unit); unit_months != 0) {
    return make_values<std::int64_t>(call, [&](std::int64_t row) {
      std::int64_t day = day_of_timestamp(timestamps[row]);
      Int128 moved = add_months(day, months_within_reach(counts[row] * unit_months));
      return checked_timestamp(call, row, moved * kMicrosPerDay + micros_of_day(timestamps[row]));
    });
  }
  Int128 unit_micros = micros_in(unit);
  return make_values<std::int64_t>(call, [&](std::int64_t row) {
    return checked_timestamp(call, row, timestamps[row] + counts[row] * unit_micros);
  });
}

}  // namespace

const Function kAddMonths = {
    .name = "add_months",
    .group = "time",
    .signature = "add_months(x: date, count: int64) -> date",
    .summary =
        "The same day of the month `count` months later, or earlier when negative; the last day of the month where "
        "it has no such day.",
    .examples = {{"add_months(date '2016-08-31', 1)", "2016-09-30"},
                 {"add_months(date '2013-01-15', -2)", "2012-11-15"}},
    .resolve = [](std::span<const Type> given) -> Resolved {
      return {accept(kAddMonths, given, {Accept::kDate, Accept::kInteger}), TypeKind::kDate};
    },
    .eval = date_add_months,
    .reads_literals = true,
};

const Function kDateAdd = {
    .name = "date_add",
    .group = "time",
    .signature = "date_add(x: date, count: int64) -> date",
    .summary = "The date `count` days later, or earlier when negative.",
    .examples = {{"date_add(date '2013-12-31', 1)", "2014-01-01"}, {"date_add(date '2013-01-01', -1)", "2012-12-31"}},
    .resolve = [](std::span<const Type> given) -> Resolved {
      return {accept(kDateAdd, given, {Accept::kDate, Accept::kInteger}), TypeKind::kDate};
    },
    .eval = date_add,
    .reads_literals = true,
};

const Function kTimestampAdd = {
    .name = "timestamp_add",
    .group = "time",
    .signature = "timestamp_add(unit: string literal, count: int64, x: timestamp) -> same as x",
    .summary =
        "The timestamp `count` units later, or earlier when negative. Units are 'microsecond' to 'week', of fixed "
        "length, and 'month', 'quarter', 'year', which keep the day of the month as add_months() does.",
    .examples = {{"timestamp_add('hour', 2, timestamp '2013-12-31T23:00:00Z')", "2014-01-01T01:00:00Z"},
                 {"timestamp_add('month', 1, timestamp '2013-01-31T06:00:00Z')", "2013-02-28T06:00:00Z"}},
    .resolve = [](std::span<const Type> given) -> Resolved {
      std::vector<Type> args = accept(kTimestampAdd, given, {Accept::kString, Accept::kInteger, Accept::kTimestamp});
      Type result = args[2];
      return {std::move(args), std::move(result)};
    },
    .eval = timestamp_add,
    .prepare = prepare_unit,
    .reads_literals = true,
};

}  // namespace headrace
