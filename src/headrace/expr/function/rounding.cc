// round floor ceil trunc.
//
// round takes halves away from zero, in the decimal sense: round(2.675, 2) is 2.68, though the float64 nearest to 2.675
// is a little below it, because what counts is the shortest decimal text of the number.
#include <algorithm>
#include <cmath>

#include "headrace/base/error.h"
#include "headrace/column/decimal.h"
#include "headrace/column/number_text.h"
#include "headrace/expr/function/loops.h"
#include "headrace/expr/function/resolve.h"

namespace headrace {

extern const Function kCeil;
extern const Function kFloor;
extern const Function kRound;
extern const Function kTrunc;

namespace {

constexpr std::string_view kRoundAccepts = "a number and, if wanted, a literal count of digits: round(x, 2)";

// round

/// The digits after the point, kept where nothing changes beyond them.
int clamp_digits(std::int64_t digits) { return static_cast<int>(std::clamp<std::int64_t>(digits, -400, 400)); }

/// Digits given as a literal; 0 when left out.
int digits_of(const BoundExpr& call) { return call.args.size() < 2 ? 0 : clamp_digits(call.args[1]->literal.as_int()); }

Type rounded_type(const Type& type, int digits) {
  if (type.kind() == TypeKind::kNull) return TypeKind::kFloat64;
  if (type.kind() != TypeKind::kDecimal128) return type;
  int whole = type.precision() - type.scale() + 1;  // 9.9 becomes 10
  if (digits < 0) return Type::decimal(std::min(std::max(whole, 1 - digits), kDecimalDigitsMax), 0);
  int scale = std::min(type.scale(), digits);
  return Type::decimal(std::min(whole + scale, kDecimalDigitsMax), scale);
}

Resolved resolve_round(std::span<const BoundExprPtr> args) {
  std::vector<Type> given;
  for (const BoundExprPtr& arg : args) given.push_back(arg->type);
  require_arg_count("round", given, 1, 2, kRoundAccepts);
  bool number = given[0].is_numeric() || given[0].kind() == TypeKind::kNull;
  bool digits_known = args.size() < 2 || (args[1]->kind == BoundExpr::Kind::kLiteral && given[1].is_integer() &&
                                          !args[1]->literal.is_null());
  if (!number || !digits_known) refuse_args("round", given, kRoundAccepts);
  int digits = args.size() < 2 ? 0 : clamp_digits(args[1]->literal.as_int());
  Type result = rounded_type(given[0], digits);
  Type arg_type = given[0].kind() == TypeKind::kNull ? result : given[0];
  std::vector<Type> arg_types = {arg_type};
  if (args.size() == 2) arg_types.push_back(TypeKind::kInt64);
  return {arg_types, result};
}

/// By the digits of the text, for what a multiplication cannot decide.
double round_text(double x, int digits) {
  NumberText parts = *split_number(format_float64(x));
  std::int64_t kept = parts.point + digits;
  if (kept >= static_cast<std::int64_t>(parts.digits.size())) return x;
  bool up = kept >= 0 && parts.digits[static_cast<std::size_t>(kept)] >= '5';
  std::string digits_kept = kept > 0 ? parts.digits.substr(0, static_cast<std::size_t>(kept)) : "";
  // One more in the last place, carried to the left.
  std::size_t i = digits_kept.size();
  std::int64_t point = parts.point;
  while (up && i > 0) {
    --i;
    up = digits_kept[i] == '9';
    digits_kept[i] = up ? '0' : static_cast<char>(digits_kept[i] + 1);
  }
  if (up) {
    digits_kept.insert(digits_kept.begin(), '1');
    ++point;
  }
  if (digits_kept.empty()) return 0.0;
  std::string text = (parts.negative ? "-0." : "0.") + digits_kept + "e" + std::to_string(point);
  return *parse_float64(text);
}

double round_float(double x, int digits, double power) {
  if (!std::isfinite(x)) return x;
  if (digits == 0) return std::round(x);
  if (digits > 0 && digits <= 22) {
    double scaled = std::abs(x) * power;
    if (scaled < 0x1p50) {
      double whole = std::floor(scaled);
      double distance = std::abs(scaled - whole - 0.5);
      // Far enough from a half for the error of the product; whole and power are exact, so the quotient rounds once.
      if (distance > scaled * 0x1p-51) return std::copysign((scaled - whole > 0.5 ? whole + 1 : whole) / power, x);
    }
  }
  return round_text(x, digits);
}

double as_written(double x, int) { return x; }
/// The float64 of the same shortest text, whose digits are what is rounded.
double as_written(float x, int digits) {
  return digits == 0 || !std::isfinite(x) ? double{x} : *parse_float64(format_float32(x));
}

template <typename T>
Column round_integers(const FunctionCall& call, int digits) {
  if (digits >= 0) return call.args[0];
  // Half of the unit rounds up; beyond the digits of the type everything is 0.
  std::int64_t drop = -digits;
  auto fails = [drop](T value, T& out) {
    out = 0;
    if (drop > 19) return false;
    Int128 unit = power_of_ten(static_cast<int>(drop));
    Int128 wide = value;
    Int128 rest = wide % unit;
    Int128 result = wide - rest;
    if (rest * 2 >= unit) result += unit;
    if (rest * 2 <= -unit) result -= unit;
    if (result > std::numeric_limits<T>::max() || result < std::numeric_limits<T>::min()) return true;
    out = static_cast<T>(result);
    return false;
  };
  return map_values_checked<T, T>(call, fails, [&](std::int64_t row) {
    call.fail(row, call.expr.type.to_string() + " overflow", "cast to a wider type first, such as cast(x as float64)");
  });
}

Column round_decimals(const FunctionCall& call, int digits) {
  const Type& from = call.args[0].type();
  const Type& to = call.expr.type;
  auto fails = [&](Int128 value, Int128& out) {
    std::optional<Int128> rounded =
        rescale_decimal(value, from.scale(), std::min(from.scale(), digits), kDecimalDigitsMax);
    if (rounded && digits < 0)
      rounded = digits < -kDecimalDigitsMax ? Int128{0} : rescale_decimal(*rounded, digits, 0, to.precision());
    out = rounded.value_or(0);
    return !rounded || !fits_precision(*rounded, to.precision());
  };
  return map_values_checked<Int128, Int128>(
      call, fails, [&](std::int64_t row) { call.fail(row, to.to_string() + " overflow", "cast to float64 first"); });
}

Column eval_round(const FunctionCall& call) {
  int digits = digits_of(call.expr);
  double power = digits >= 0 && digits <= 22 ? static_cast<double>(power_of_ten(digits)) : 0;
  return visit_number(call.expr.type.kind(), [&](auto tag) -> Column {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_same_v<T, Int128>) {
      return round_decimals(call, digits);
    } else if constexpr (std::is_integral_v<T>) {
      return round_integers<T>(call, digits);
    } else {
      return map_values<T, T>(call, [&](T x) {
        return static_cast<T>(round_float(as_written(x, digits), digits, power) + 0.0);  // no -0.0
      });
    }
  });
}

// floor, ceil, trunc: to an integer.

Resolved resolve_to_integer(std::string_view name, std::span<const Type> given) {
  require_arg_count(name, given, 1, 1, "one number");
  const Type& type = given[0];
  if (type.kind() == TypeKind::kDecimal128) {
    return {{type}, Type::decimal(std::min(type.precision() - type.scale() + 1, kDecimalDigitsMax), 0)};
  }
  if (type.is_floating()) return {{TypeKind::kFloat64}, TypeKind::kInt64};
  if (!type.is_integer() && type.kind() != TypeKind::kNull) refuse_args(name, given, "one number");
  return {{TypeKind::kInt64}, TypeKind::kInt64};
}

enum class Direction { kDown, kUp, kToZero };

double to_whole(double x, Direction direction) {
  switch (direction) {
    case Direction::kDown: return std::floor(x);
    case Direction::kUp: return std::ceil(x);
    case Direction::kToZero: break;
  }
  return std::trunc(x);
}

Int128 to_whole(Int128 value, Int128 unit, Direction direction) {
  Int128 whole = value / unit, rest = value % unit;
  if (direction == Direction::kDown && rest < 0) --whole;
  if (direction == Direction::kUp && rest > 0) ++whole;
  return whole;
}

Column eval_to_integer(const FunctionCall& call, Direction direction) {
  const Column& arg = call.args[0];
  if (arg.type().is_integer()) return arg;
  if (arg.type().kind() == TypeKind::kDecimal128) {
    Int128 unit = power_of_ten(arg.type().scale());
    return map_values<Int128, Int128>(call, [&](Int128 value) { return to_whole(value, unit, direction); });
  }
  auto fails = [direction](double x, std::int64_t& out) {
    double whole = to_whole(x, direction);
    bool fits = whole >= -0x1p63 && whole < 0x1p63;
    out = fits ? static_cast<std::int64_t>(whole) : 0;
    return !fits;
  };
  return map_values_checked<std::int64_t, double>(call, fails, [&](std::int64_t row) {
    call.fail(row, "the value does not fit int64",
              "filter such rows out, or guard them: case when x < 1e18 then … end");
  });
}

}  // namespace

const Function kRound = {
    .name = "round",
    .group = "math",
    .signature = "round(x: number, digits: int64 literal = 0) -> same as x, of decimals with the digits as scale",
    .summary =
        "The nearest number of so many digits after the point (before it, if negative); halves go away from zero.",
    .examples = {{"round(2.5)", "3.0"},
                 {"round(2.675, 2)", "2.68"},
                 {"round(-1250, -2)", "-1300"},
                 {"round(decimal(4, 3) '1.005', 2)", "1.01"}},
    .eval = eval_round,
    .reads_literals = true,
    .fails = Fails::kUnlessFloat,
    .resolve_args = resolve_round,
};

const Function kFloor = {
    .name = "floor",
    .group = "math",
    .signature = "floor(x: number) -> int64, of decimals decimal",
    .summary = "The greatest integer that is not above x. What does not fit int64 is an error.",
    .examples = {{"floor(-2.5)", "-3"}, {"floor(7)", "7"}},
    .resolve = [](std::span<const Type> given) { return resolve_to_integer("floor", given); },
    .eval = [](const FunctionCall& call) { return eval_to_integer(call, Direction::kDown); },
};

const Function kCeil = {
    .name = "ceil",
    .group = "math",
    .signature = "ceil(x: number) -> int64, of decimals decimal",
    .summary = "The least integer that is not below x. What does not fit int64 is an error.",
    .examples = {{"ceil(-2.5)", "-2"}, {"ceil(decimal(3, 2) '1.01')", "2"}},
    .resolve = [](std::span<const Type> given) { return resolve_to_integer("ceil", given); },
    .eval = [](const FunctionCall& call) { return eval_to_integer(call, Direction::kUp); },
};

const Function kTrunc = {
    .name = "trunc",
    .group = "math",
    .signature = "trunc(x: number) -> int64, of decimals decimal",
    .summary = "The integer without the fraction of x. What does not fit int64 is an error.",
    .examples = {{"trunc(-2.5)", "-2"}},
    .resolve = [](std::span<const Type> given) { return resolve_to_integer("trunc", given); },
    .eval = [](const FunctionCall& call) { return eval_to_integer(call, Direction::kToZero); },
};

}  // namespace headrace
