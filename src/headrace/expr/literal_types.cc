// See literal_types.h.
#include "headrace/expr/literal_types.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "headrace/column/calendar.h"
#include "headrace/column/decimal.h"

namespace headrace {
namespace {

bool is_literal(const BoundExprPtr& arg, TypeKind kind) {
  return arg->kind == BoundExpr::Kind::kLiteral && arg->type.kind() == kind && !arg->literal.is_null();
}

BoundExprPtr with_value(const BoundExprPtr& arg, Value value) {
  auto copy = std::make_shared<BoundExpr>(*arg);
  copy->type = value.type;
  copy->literal = std::move(value);
  return copy;
}

/// Reads text as the wider of the dates and timestamps it is compared with.
void read_moments(std::vector<BoundExprPtr>& args) {
  Type moment;
  for (const BoundExprPtr& arg : args) {
    if (arg->type.kind() == TypeKind::kDate || arg->type.is_timestamp()) moment = common_type(moment, arg->type);
  }
  if (moment.kind() == TypeKind::kNull) return;
  for (BoundExprPtr& arg : args) {
    if (!is_literal(arg, TypeKind::kString)) continue;
    const std::string& text = arg->literal.as_string();
    std::string message = fmt::format("'{}' is compared with a {} but is none", text, moment.to_string());
    if (moment.kind() == TypeKind::kDate) {
      std::optional<std::int32_t> days = parse_date(text);
      if (!days) throw LiteralError{arg->source, message, "write a date as '2013-01-31'"};
      arg = with_value(arg, {moment, std::int64_t{*days}});
    } else {
      std::optional<ParsedTimestamp> parsed = parse_timestamp(text);
      bool zone_refused = parsed && parsed->has_zone && moment.kind() == TypeKind::kTimestampNtz;
      if (!parsed || zone_refused) {
        throw LiteralError{arg->source, message,
                           moment.kind() == TypeKind::kTimestamp
                               ? "write a timestamp as '2013-01-31T06:00:00Z'; without a zone it is UTC"
                               : "write a timestamp_ntz as '2013-01-31T06:00:00', without a zone"};
      }
      arg = with_value(arg, {moment, parsed->micros});
    }
  }
}

bool fits(std::int64_t value, TypeKind kind) {
  int bits = kind == TypeKind::kInt8 ? 8 : kind == TypeKind::kInt16 ? 16 : 32;
  std::int64_t limit = std::int64_t{1} << (bits - 1);
  return value >= -limit && value < limit;
}

void narrow_integers(std::vector<BoundExprPtr>& args) {
  Type widest;
  for (const BoundExprPtr& arg : args) {
    if (is_literal(arg, TypeKind::kInt64)) continue;
    if (!arg->type.is_integer()) return;
    widest = common_type(widest, arg->type);
  }
  if (!widest.is_integer() || widest.kind() == TypeKind::kInt64) return;
  bool all_fit = std::all_of(args.begin(), args.end(), [&](const BoundExprPtr& arg) {
    return !is_literal(arg, TypeKind::kInt64) || fits(arg->literal.as_int(), widest.kind());
  });
  if (!all_fit) return;
  for (BoundExprPtr& arg : args) {
    if (is_literal(arg, TypeKind::kInt64)) arg = with_value(arg, {widest, arg->literal.as_int()});
  }
}

void shorten_decimals(std::vector<BoundExprPtr>& args) {
  auto is_decimal = [](const BoundExprPtr& arg) { return arg->type.kind() == TypeKind::kDecimal128; };
  if (!std::any_of(args.begin(), args.end(), is_decimal)) return;
  for (BoundExprPtr& arg : args) {
    if (!is_literal(arg, TypeKind::kInt64)) continue;
    Int128 value = arg->literal.as_int();
    int digits = 1;
    while (!fits_precision(value, digits)) ++digits;
    arg = with_value(arg, {Type::decimal(digits, 0), value});
  }
}

}  // namespace

void suggest_literal_types(const Function& function, std::vector<BoundExprPtr>& args) {
  if (function.group == "comparison") {
    read_moments(args);
    narrow_integers(args);
  } else if (function.group == "arithmetic") {
    shorten_decimals(args);
  }
}

}  // namespace headrace
