// year, quarter, month, week, weekday, day, day_of_year, hour, minute: numbers read off a date or a timestamp, by the
// function of the same name. All but the year have a bound, so that one_hot and embeddings take them as ids.

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/feature/check_inputs.h"
#include "headrace/feature/plain_transform.h"

namespace headrace {

extern const TransformKind kDayOfYearTransform;
extern const TransformKind kDayTransform;
extern const TransformKind kHourTransform;
extern const TransformKind kMinuteTransform;
extern const TransformKind kMonthTransform;
extern const TransformKind kQuarterTransform;
extern const TransformKind kWeekTransform;
extern const TransformKind kWeekdayTransform;
extern const TransformKind kYearTransform;

namespace {

struct Part {
  std::string_view name;
  std::optional<std::int64_t> id_count;  // values are below this
  bool of_the_day = false;               // a date has none
};

std::unique_ptr<Transform> bind_part(const Part& part, std::span<const FeatureDomain> inputs) {
  FeatureDomain input = one_moment(part.name, inputs);
  if (part.of_the_day && input.type.kind() == TypeKind::kDate) {
    refuse_input(part.name, "a timestamp", input.type, "a date has no time of day; use a column that has one");
  }
  return plain_transform({TypeKind::kInt32, input.nullable, part.id_count.has_value(), part.id_count},
                         [name = std::string(part.name)](std::span<const Expr> x) { return call(name, {x.front()}); });
}

/// A capture-free bind function for each part.
template <const Part& kPart>
std::unique_ptr<Transform> bind_of(const TransformParameters&, std::span<const FeatureDomain> inputs) {
  return bind_part(kPart, inputs);
}

constexpr Part kDay{"day", 32};
constexpr Part kDayOfYear{"day_of_year", 367};
constexpr Part kHour{"hour", 24, true};
constexpr Part kMinute{"minute", 60, true};
constexpr Part kMonth{"month", 13};
constexpr Part kQuarter{"quarter", 5};
constexpr Part kWeek{"week", 54};
constexpr Part kWeekday{"weekday", 7};
constexpr Part kYear{"year", std::nullopt};

constexpr std::string_view kMoment = "a date or a timestamp";
constexpr std::string_view kTimestamp = "a timestamp";

}  // namespace

const TransformKind kDayTransform = {
    .name = kDay.name,
    .summary = "The day of the month, 1 to 31. Timestamps with a zone are read in UTC.",
    .fitted = {},
    .input = kMoment,
    .output = "int64 below 32",
    .parameters = {},
    .example = "day",
    .source = {},
    .bind = bind_of<kDay>,
};

const TransformKind kDayOfYearTransform = {
    .name = kDayOfYear.name,
    .summary = "The day of the year, 1 to 366. Timestamps with a zone are read in UTC.",
    .fitted = {},
    .input = kMoment,
    .output = "int64 below 367",
    .parameters = {},
    .example = "day_of_year",
    .source = {},
    .bind = bind_of<kDayOfYear>,
};

const TransformKind kHourTransform = {
    .name = kHour.name,
    .summary = "The hour of the day, 0 to 23. Timestamps with a zone are read in UTC.",
    .fitted = {},
    .input = kTimestamp,
    .output = "int64 below 24",
    .parameters = {},
    .example = "hour",
    .source = {},
    .bind = bind_of<kHour>,
};

const TransformKind kMinuteTransform = {
    .name = kMinute.name,
    .summary = "The minute of the hour, 0 to 59.",
    .fitted = {},
    .input = kTimestamp,
    .output = "int64 below 60",
    .parameters = {},
    .example = "minute",
    .source = {},
    .bind = bind_of<kMinute>,
};

const TransformKind kMonthTransform = {
    .name = kMonth.name,
    .summary = "The month, 1 to 12. Timestamps with a zone are read in UTC.",
    .fitted = {},
    .input = kMoment,
    .output = "int64 below 13",
    .parameters = {},
    .example = "month",
    .source = {},
    .bind = bind_of<kMonth>,
};

const TransformKind kQuarterTransform = {
    .name = kQuarter.name,
    .summary = "The quarter of the year, 1 to 4. Timestamps with a zone are read in UTC.",
    .fitted = {},
    .input = kMoment,
    .output = "int64 below 5",
    .parameters = {},
    .example = "quarter",
    .source = {},
    .bind = bind_of<kQuarter>,
};

const TransformKind kWeekTransform = {
    .name = kWeek.name,
    .summary =
        "The ISO 8601 week of the year, 1 to 53: weeks begin on Monday, week 1 holds the first Thursday. "
        "Timestamps with a zone are read in UTC.",
    .fitted = {},
    .input = kMoment,
    .output = "int64 below 54",
    .parameters = {},
    .example = "week",
    .source = "ISO 8601",
    .bind = bind_of<kWeek>,
};

const TransformKind kWeekdayTransform = {
    .name = kWeekday.name,
    .summary = "The day of the week, 0 = Monday to 6 = Sunday. Timestamps with a zone are read in UTC.",
    .fitted = {},
    .input = kMoment,
    .output = "int64 below 7",
    .parameters = {},
    .example = "weekday",
    .source = {},
    .bind = bind_of<kWeekday>,
};

const TransformKind kYearTransform = {
    .name = kYear.name,
    .summary = "The year. Timestamps with a zone are read in UTC.",
    .fitted = {},
    .input = kMoment,
    .output = "int32",
    .parameters = {},
    .example = "year",
    .source = {},
    .bind = bind_of<kYear>,
};

}  // namespace headrace
