// Dates and timestamps of time functions: reading either, and refusing results that neither can hold.
#pragma once

#include <cstdint>

#include "headrace/column/calendar.h"
#include "headrace/expr/function/rows.h"

namespace headrace {

/// Returns `days` as a date, or fails the row when no date holds it.
std::int32_t checked_date(const FunctionCall& call, std::int64_t row, Int128 days);
/// Returns `micros` as a timestamp, or fails the row when no timestamp holds it.
std::int64_t checked_timestamp(const FunctionCall& call, std::int64_t row, Int128 micros);

/// The day `months` months after `days`, the same day of the month or the last one that month has. Needs
/// |months| <= kMonthsMax.
std::int64_t add_months(std::int64_t days, std::int64_t months);
/// More months than lie between any two dates.
inline constexpr std::int64_t kMonthsMax = 12 * 12'000'000;

/// 0 = Monday … 6 = Sunday.
constexpr int weekday_of(std::int64_t days) {
  auto rest = static_cast<int>((days + 3) % 7);  // 1970-01-01 was a Thursday
  return rest < 0 ? rest + 7 : rest;
}

/// An argument that is an int64 or a timestamp, an int32 date, or one literal of these for every row.
class MomentArgument {
 public:
  MomentArgument(const FunctionCall& call, std::size_t index)
      : is_date_(call.expr.args[index]->type == TypeKind::kDate) {
    if (const Value* value = call.literal(index)) {
      literal_ = value->as_int();
    } else if (is_date_) {
      dates_ = call.args[index].values<std::int32_t>().data();
    } else {
      timestamps_ = call.args[index].values<std::int64_t>().data();
    }
  }

  bool is_date() const { return is_date_; }
  /// Days of a date, microseconds of a timestamp.
  std::int64_t operator[](std::int64_t row) const {
    if (timestamps_ != nullptr) return timestamps_[row];
    return dates_ != nullptr ? dates_[row] : literal_;
  }

 private:
  bool is_date_;
  const std::int32_t* dates_ = nullptr;
  const std::int64_t* timestamps_ = nullptr;
  std::int64_t literal_ = 0;
};

}  // namespace headrace
