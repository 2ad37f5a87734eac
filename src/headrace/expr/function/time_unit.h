// Units of time, as date_trunc, timestamp_add and timestamp_diff take them in their first argument.
#pragma once

#include <cstdint>
#include <type_traits>

#include "headrace/expr/function.h"

namespace headrace {

enum class TimeUnit { kMicrosecond, kMillisecond, kSecond, kMinute, kHour, kDay, kWeek, kMonth, kQuarter, kYear };

/// Microseconds of a unit of fixed length, 0 for month, quarter and year.
std::int64_t micros_in(TimeUnit unit);
/// Months of a month, quarter or year, 0 for the others.
std::int64_t months_in(TimeUnit unit);

/// Calls `visit` with the microseconds of a unit of fixed length as a constant (std::integral_constant), by which a
/// division costs a multiplication.
template <typename Visit>
decltype(auto) visit_micros_in(TimeUnit unit, const Visit& visit) {
  constexpr std::int64_t kSecondMicros = 1'000'000;
  switch (unit) {
    case TimeUnit::kMicrosecond: return visit(std::integral_constant<std::int64_t, 1>());
    case TimeUnit::kMillisecond: return visit(std::integral_constant<std::int64_t, 1'000>());
    case TimeUnit::kSecond: return visit(std::integral_constant<std::int64_t, kSecondMicros>());
    case TimeUnit::kMinute: return visit(std::integral_constant<std::int64_t, 60 * kSecondMicros>());
    case TimeUnit::kHour: return visit(std::integral_constant<std::int64_t, 3'600 * kSecondMicros>());
    case TimeUnit::kDay: return visit(std::integral_constant<std::int64_t, 86'400 * kSecondMicros>());
    default: break;
  }
  return visit(std::integral_constant<std::int64_t, 7 * 86'400 * kSecondMicros>());
}

/// Function::prepare of functions whose first argument is a unit: reads it once. Throws Error(kInvalidPipeline) when it
/// is no literal, or no unit.
std::shared_ptr<const void> prepare_unit(const BoundExpr& call);
/// What prepare_unit() read. There is none when the unit is null, and then no row is valid.
inline TimeUnit prepared_unit(const BoundExpr& call) {
  return call.prepared ? *static_cast<const TimeUnit*>(call.prepared.get()) : TimeUnit::kDay;
}

}  // namespace headrace
