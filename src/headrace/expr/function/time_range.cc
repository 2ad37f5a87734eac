// See time_range.h.
#include "headrace/expr/function/time_range.h"

#include <algorithm>
#include <limits>

namespace headrace {

std::int32_t checked_date(const FunctionCall& call, std::int64_t row, Int128 days) {
  auto date = static_cast<std::int32_t>(days);
  if (date != days) {
    call.fail(row, "the result is beyond the range of dates", "dates reach from -5877641-06-23 to +5881580-07-11");
  }
  return date;
}

std::int64_t checked_timestamp(const FunctionCall& call, std::int64_t row, Int128 micros) {
  auto timestamp = static_cast<std::int64_t>(micros);
  if (timestamp != micros) {
    call.fail(row, "the result is beyond the range of timestamps",
              "timestamps reach from the year -290308 to the year 294247");
  }
  return timestamp;
}

std::int64_t add_months(std::int64_t days, std::int64_t months) {
  CivilDate date = civil_from_days(days);
  std::int64_t month_number = date.year * 12 + (date.month - 1) + months;
  std::int64_t month = month_number % 12;
  if (month < 0) month += 12;
  date.year = (month_number - month) / 12;
  date.month = static_cast<int>(month) + 1;
  date.day = std::min(date.day, days_in_month(date.year, date.month));
  return days_from_civil(date);
}

}  // namespace headrace
