// Units of time, as date_trunc, timestamp_add and timestamp_diff take them in their first argument.
#pragma once

#include <cstdint>

#include "headrace/expr/function.h"

namespace headrace {

enum class TimeUnit { kMicrosecond, kMillisecond, kSecond, kMinute, kHour, kDay, kWeek, kMonth, kQuarter, kYear };

/// Microseconds of a unit of fixed length, 0 for month, quarter and year.
std::int64_t micros_in(TimeUnit unit);
/// Months of a month, quarter or year, 0 for the others.
std::int64_t months_in(TimeUnit unit);

/// Function::prepare of functions whose first argument is a unit: reads it once. Throws Error(kInvalidPipeline) when it
/// is no literal, or no unit.
std::shared_ptr<const void> prepare_unit(const BoundExpr& call);
/// What prepare_unit() read. There is none when the unit is null, and then no row is valid.
inline TimeUnit prepared_unit(const BoundExpr& call) {
  return call.prepared ? *static_cast<const TimeUnit*>(call.prepared.get()) : TimeUnit::kDay;
}

}  // namespace headrace
