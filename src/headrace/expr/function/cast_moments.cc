// Casts to date and to timestamps.
#include <cmath>

#include "headrace/column/calendar.h"
#include "headrace/expr/function/cast_targets.h"
#include "headrace/expr/function/loops.h"

namespace headrace {
namespace {

bool seconds_to_micros(std::int64_t seconds, std::int64_t& micros) {
  return !__builtin_mul_overflow(seconds, kMicrosPerSecond, &micros);
}

bool seconds_to_micros(double seconds, std::int64_t& micros) {
  constexpr double kBeyond = 9223372036854775808.0;  // 2^63
  double value = std::trunc(seconds * static_cast<double>(kMicrosPerSecond));
  if (!(value >= -kBeyond && value < kBeyond)) return false;
  micros = static_cast<std::int64_t>(value);
  return true;
}

Column text_to_timestamp(const FunctionCall& call) {
  const Column& from = call.args[0];
  bool without_zone = call.expr.type.kind() == TypeKind::kTimestampNtz;
  return cast_rows<std::int64_t>(call, [&](std::int64_t row, std::int64_t& out) {
    std::optional<ParsedTimestamp> parsed = parse_timestamp(from.string_at(row));
    if (!parsed || (without_zone && parsed->has_zone)) return false;
    out = parsed->micros;
    return true;
  });
}

}  // namespace

Column cast_to_date(const FunctionCall& call) {
  const Column& from = call.args[0];
  if (from.type().kind() == TypeKind::kString) {
    return cast_rows<std::int32_t>(call, [&](std::int64_t row, std::int32_t& out) {
      std::optional<std::int32_t> days = parse_date(from.string_at(row));
      out = days.value_or(0);
      return days.has_value();
    });
  }
  return map_values<std::int32_t, std::int64_t>(
      call, [](std::int64_t micros) { return static_cast<std::int32_t>(day_of_timestamp(micros)); });
}

Column cast_to_timestamp(const FunctionCall& call) {
  const Column& from = call.args[0];
  if (from.type().kind() == TypeKind::kString) return text_to_timestamp(call);
  if (from.type().is_timestamp()) return from.with_type(call.expr.type);
  if (from.type().kind() == TypeKind::kDate) {
    return cast_rows<std::int64_t>(call,
                                   [days = from.values<std::int32_t>().data()](std::int64_t row, std::int64_t& out) {
                                     return !__builtin_mul_overflow(std::int64_t{days[row]}, kMicrosPerDay, &out);
                                   });
  }
  return visit_number(from.type().kind(), [&](auto tag) -> Column {
    using From = typename decltype(tag)::type;
    if constexpr (std::is_same_v<From, Int128>) {
      HEADRACE_CHECK(false && "decimals are not cast to timestamps");
      return {};
    } else {
      using Wide = std::conditional_t<std::is_floating_point_v<From>, double, std::int64_t>;
      return cast_rows<std::int64_t>(call, [values = from.values<From>().data()](std::int64_t row, std::int64_t& out) {
        return seconds_to_micros(static_cast<Wide>(values[row]), out);
      });
    }
  });
}

}  // namespace headrace
