// date_diff, timestamp_diff: how far apart two dates or timestamps are.
#include "headrace/expr/function/accept.h"
#include "headrace/expr/function/rows.h"
#include "headrace/expr/function/time_range.h"
#include "headrace/expr/function/time_unit.h"

namespace headrace {

extern const Function kDateDiff;
extern const Function kTimestampDiff;

namespace {

Column date_diff(const FunctionCall& call) {
  MomentArgument ends(call, 0);
  MomentArgument starts(call, 1);
  return make_values<std::int32_t>(call, [&](std::int64_t row) {
    std::int64_t days = ends[row] - starts[row];
    auto result = static_cast<std::int32_t>(days);
    if (result != days) call.fail(row, "the number of days does not fit int32", "the dates are too far apart");
    return result;
  });
}

/// Whole months from `start` to `end`. The last day counts only when its time of day is reached; then months are
/// complete from the day of the month on.
std::int64_t months_between(std::int64_t start, std::int64_t end) {
  std::int64_t start_day = day_of_timestamp(start);
  std::int64_t end_day = day_of_timestamp(end);
  if (end_day > start_day && micros_of_day(end) < micros_of_day(start)) --end_day;
  if (end_day < start_day && micros_of_day(end) > micros_of_day(start)) ++end_day;
  CivilDate from = civil_from_days(start_day);
  CivilDate to = civil_from_days(end_day);
  std::int64_t months = (to.year - from.year) * 12 + (to.month - from.month);
  if (months > 0 && to.day < from.day) --months;
  if (months < 0 && to.day > from.day) ++months;
  return months;
}

template <std::int64_t kUnitMicros>
Column count_units(const FunctionCall& call, const MomentArgument& starts, const MomentArgument& ends) {
  return make_values<std::int64_t>(call, [&](std::int64_t row) {
    std::int64_t micros = 0;
    if (!__builtin_sub_overflow(ends[row], starts[row], &micros)) return micros / kUnitMicros;
    Int128 units = (Int128{ends[row]} - starts[row]) / kUnitMicros;
    auto result = static_cast<std::int64_t>(units);
    if (result != units) call.fail(row, "the number of microseconds does not fit int64", "use a longer unit");
    return result;
  });
}

Column timestamp_diff(const FunctionCall& call) {
  TimeUnit unit = prepared_unit(call.expr);
  MomentArgument starts(call, 1);
  MomentArgument ends(call, 2);
  if (std::int64_t unit_months = months_in(unit); unit_months != 0) {
    return make_values<std::int64_t>(
        call, [&](std::int64_t row) { return months_between(starts[row], ends[row]) / unit_months; });
  }
  return visit_micros_in(unit, [&](auto micros) { return count_units<micros()>(call, starts, ends); });
}

}  // namespace

const Function kDateDiff = {
    .name = "date_diff",
    .group = "time",
    .signature = "date_diff(end: date, start: date) -> int32",
    .summary = "The days from `start` to `end`; negative when end comes first.",
    .examples = {{"date_diff(date '2013-03-01', date '2013-02-28')", "1"},
                 {"date_diff(date '2012-02-28', date '2012-03-01')", "-2"}},
    .resolve = [](std::span<const Type> given) -> Resolved {
      return {accept(kDateDiff, given, {Accept::kDate, Accept::kDate}), TypeKind::kInt32};
    },
    .eval = date_diff,
    .reads_literals = true,
};

const Function kTimestampDiff = {
    .name = "timestamp_diff",
    .group = "time",
    .signature = "timestamp_diff(unit: string literal, start: timestamp, end: timestamp) -> int64",
    .summary =
        "The whole units, 'microsecond' to 'year', from `start` to `end`, rounded towards zero; negative when end "
        "comes first.",
    .examples = {{"timestamp_diff('hour', timestamp '2013-01-01T00:00:00Z', timestamp '2013-01-02T01:59:59Z')", "25"},
                 {"timestamp_diff('month', timestamp '2013-01-31T00:00:00Z', timestamp '2013-02-28T00:00:00Z')", "0"}},
    .resolve = [](std::span<const Type> given) -> Resolved {
      return {accept(kTimestampDiff, given, {Accept::kString, Accept::kTimestamp, Accept::kTimestamp}),
              TypeKind::kInt64};
    },
    .eval = timestamp_diff,
    .prepare = prepare_unit,
    .reads_literals = true,
};

}  // namespace headrace
