// See time_unit.h.
#include "headrace/expr/function/time_unit.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/nearest.h"
#include "headrace/column/calendar.h"

namespace headrace {
namespace {

/// By TimeUnit.
const std::vector<std::string>& unit_names() {
  static const std::vector<std::string> kNames = {"microsecond", "millisecond", "second", "minute",  "hour",
                                                  "day",         "week",        "month",  "quarter", "year"};
  return kNames;
}

std::string lower_ascii(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  return text;
}

}  // namespace

std::int64_t micros_in(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kMicrosecond: return 1;
    case TimeUnit::kMillisecond: return 1'000;
    case TimeUnit::kSecond: return kMicrosPerSecond;
    case TimeUnit::kMinute: return 60 * kMicrosPerSecond;
    case TimeUnit::kHour: return 3'600 * kMicrosPerSecond;
    case TimeUnit::kDay: return kMicrosPerDay;
    case TimeUnit::kWeek: return 7 * kMicrosPerDay;
    case TimeUnit::kMonth:
    case TimeUnit::kQuarter:
    case TimeUnit::kYear: return 0;
  }
  return 0;
}

std::int64_t months_in(TimeUnit unit) {
  if (unit == TimeUnit::kMonth) return 1;
  if (unit == TimeUnit::kQuarter) return 3;
  return unit == TimeUnit::kYear ? 12 : 0;
}

std::shared_ptr<const void> prepare_unit(const BoundExpr& call) {
  const BoundExpr& arg = *call.args[0];
  if (arg.kind != BoundExpr::Kind::kLiteral) {
    throw Error(ErrorCode::kInvalidPipeline, fmt::format("the unit of {} must be a literal", call.function->name),
                fmt::format("write it out, as in {}", call.function->examples[0].expression));
  }
  if (arg.literal.is_null()) return nullptr;
  const std::vector<std::string>& names = unit_names();
  auto found = std::find(names.begin(), names.end(), lower_ascii(arg.literal.as_string()));
  if (found == names.end()) {
    throw Error(ErrorCode::kInvalidPipeline,
                fmt::format("{} does not know the unit {}", call.function->name, arg.literal.to_string()),
                name_hint(arg.literal.as_string(), names, "units"));
  }
  return std::make_shared<const TimeUnit>(static_cast<TimeUnit>(found - names.begin()));
}

}  // namespace headrace
