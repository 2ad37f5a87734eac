// date_trunc, to_date: dates and timestamps cut down to the start of a unit.
#include <fmt/format.h>

#include "headrace/expr/function/accept.h"
#include "headrace/expr/function/rows.h"
#include "headrace/expr/function/time_range.h"
#include "headrace/expr/function/time_unit.h"

namespace headrace {

extern const Function kDateTrunc;
extern const Function kToDate;

namespace {

/// The first day of the unit, day or longer, that holds `days`.
std::int64_t first_day(std::int64_t days, TimeUnit unit) {
  if (unit == TimeUnit::kWeek) return days - weekday_of(days);
  std::int64_t months = months_in(unit);
  if (months == 0) return days;
  CivilDate date = civil_from_days(days);
  auto step = static_cast<int>(months);
  return days_from_civil({date.year, (date.month - 1) / step * step + 1, 1});
}

/// Timestamps cut at multiples of a unit since 1970.
template <std::int64_t kUnitMicros>
Column cut_at_multiples(const FunctionCall& call, const MomentArgument& moments) {
  return make_values<std::int64_t>(call, [&](std::int64_t row) {
    std::int64_t micros = moments[row];
    std::int64_t rest = micros % kUnitMicros;
    rest += rest < 0 ? kUnitMicros : 0;
    std::int64_t start = 0;
    if (__builtin_sub_overflow(micros, rest, &start)) return checked_timestamp(call, row, Int128{micros} - rest);
    return start;
  });
}

std::shared_ptr<const void> prepare_trunc(const BoundExpr& call) {
  std::shared_ptr<const void> prepared = prepare_unit(call);
  bool is_time_unit = prepared && *static_cast<const TimeUnit*>(prepared.get()) < TimeUnit::kDay;
  if (is_time_unit && call.args[1]->type == TypeKind::kDate) {
    throw Error(ErrorCode::kInvalidPipeline,
                fmt::format("date_trunc cannot cut a date at the unit {}", call.args[0]->literal.to_string()),
                "a date has no time of day: use day or a longer unit, or cast(x as timestamp)");
  }
  return prepared;
}

Column date_trunc(const FunctionCall& call) {
  TimeUnit unit = prepared_unit(call.expr);
  MomentArgument moments(call, 1);
  if (moments.is_date()) {
    return make_values<std::int32_t>(
        call, [&](std::int64_t row) { return checked_date(call, row, first_day(moments[row], unit)); });
  }
  if (unit > TimeUnit::kDay) {
    return make_values<std::int64_t>(call, [&](std::int64_t row) {
      std::int64_t day = first_day(day_of_timestamp(moments[row]), unit);
      return checked_timestamp(call, row, Int128{day} * kMicrosPerDay);
    });
  }
  return visit_micros_in(unit, [&](auto micros) { return cut_at_multiples<micros()>(call, moments); });
}

Column to_date(const FunctionCall& call) {
  if (call.args[0].type() == TypeKind::kDate) return call.args[0];
  const std::int64_t* micros = call.args[0].values<std::int64_t>().data();
  return make_values<std::int32_t>(call, [&](std::int64_t row) { return day_of_timestamp(micros[row]); });
}

}  // namespace

const Function kDateTrunc = {
    .name = "date_trunc",
    .group = "time",
    .signature = "date_trunc(unit: string literal, x: date | timestamp) -> same as x",
    .summary =
        "The start of the unit that holds x: 'year', 'quarter', 'month', 'week' (from Monday), 'day', and for "
        "timestamps, in UTC, also 'hour', 'minute', 'second', 'millisecond', 'microsecond'.",
    .examples = {{"date_trunc('month', date '2013-11-28')", "2013-11-01"},
                 {"date_trunc('hour', timestamp '2013-01-01T17:45:30Z')", "2013-01-01T17:00:00Z"}},
    .resolve = [](std::span<const Type> given) -> Resolved {
      std::vector<Type> args = accept(kDateTrunc, given, {Accept::kString, Accept::kMoment});
      Type result = args[1];
      return {std::move(args), std::move(result)};
    },
    .eval = date_trunc,
    .prepare = prepare_trunc,
    .reads_literals = true,
};

const Function kToDate = {
    .name = "to_date",
    .group = "time",
    .signature = "to_date(x: date | timestamp) -> date",
    .summary = "The day of a timestamp, in UTC; cast(x as date) reads a date from text.",
    .examples = {{"to_date(timestamp '2013-01-01T17:45:30Z')", "2013-01-01"}},
    .resolve = [](std::span<const Type> given) -> Resolved {
      return {accept(kToDate, given, {Accept::kMoment}), TypeKind::kDate};
    },
    .eval = to_date,
    .fails = Fails::kNever,
};

}  // namespace headrace
