// add subtract multiply divide div mod negate.
//
// Arguments are brought to their common type first. Integers that overflow are an error, as is division by zero of any
// type. Decimals get the precision and scale that the SQL standard's rules give (as Spark applies them), are computed
// exactly and rounded once, half away from zero.
#include <cmath>
#include <limits>

#include "headrace/column/decimal.h"
#include "headrace/expr/function/loops.h"
#include "headrace/expr/function/resolve.h"

namespace headrace {

extern const Function kAdd;
extern const Function kDiv;
extern const Function kDivide;
extern const Function kMod;
extern const Function kMultiply;
extern const Function kNegate;
extern const Function kSubtract;

namespace {

constexpr std::string_view kTwoNumbers = "two numbers; dates and timestamps have functions: date_add, date_diff";
constexpr std::string_view kOverflowHint =
    "cast to a wider type first, such as cast(x as float64), or filter such rows out";
constexpr std::string_view kZeroHint = "x / nullif(y, 0) gives null instead; case when y <> 0 then x / y end does, too";

// Types.

/// decimal(p, s), cut to 38 digits: whole digits are kept, and of the scale at least 6 (or all, if it has fewer).
Type adjusted_decimal(int precision, int scale) {
  if (precision <= kDecimalDigitsMax) return Type::decimal(precision, scale);
  int whole = precision - scale;
  return Type::decimal(kDecimalDigitsMax, std::max(kDecimalDigitsMax - whole, std::min(scale, 6)));
}

/// Both arguments as decimals when one is a decimal and the other no float; else nothing.
bool decimal_args(std::span<const Type> given, Type& a, Type& b) {
  Type common = common_type_of(given);
  if (common.kind() != TypeKind::kDecimal128) return false;
  auto widen = [](const Type& type) {
    return type.kind() == TypeKind::kDecimal128 ? type : common_type(type, Type::decimal(1, 0));
  };
  a = given[0].kind() == TypeKind::kNull ? common : widen(given[0]);
  b = given[1].kind() == TypeKind::kNull ? common : widen(given[1]);
  return true;
}

/// The common type of two numbers; two nulls count as `if_null`.
Type common_number(std::string_view name, std::span<const Type> given, TypeKind if_null) {
  require_arg_count(name, given, 2, 2, kTwoNumbers);
  for (const Type& type : given) {
    if (!type.is_numeric() && type.kind() != TypeKind::kNull) refuse_args(name, given, kTwoNumbers);
  }
  Type common = common_type_of(given);
  return common.kind() == TypeKind::kNull ? Type(if_null) : common;
}

using DecimalResult = Type (*)(const Type& a, const Type& b);

Resolved resolve_numbers(std::string_view name, std::span<const Type> given, DecimalResult decimal_result) {
  Type common = common_number(name, given, TypeKind::kInt64);
  Type a, b;
  if (decimal_args(given, a, b)) return {{a, b}, decimal_result(a, b)};
  return {{common, common}, common};
}

Type sum_type(const Type& a, const Type& b) {
  int scale = std::max(a.scale(), b.scale());
  int whole = std::max(a.precision() - a.scale(), b.precision() - b.scale());
  return adjusted_decimal(whole + scale + 1, scale);
}

Type product_type(const Type& a, const Type& b) {
  return adjusted_decimal(a.precision() + b.precision() + 1, a.scale() + b.scale());
}

Type quotient_type(const Type& a, const Type& b) {
  int scale = std::max(6, a.scale() + b.precision() + 1);
  return adjusted_decimal(a.precision() - a.scale() + b.scale() + scale, scale);
}

Type remainder_type(const Type& a, const Type& b) {
  int scale = std::max(a.scale(), b.scale());
  return adjusted_decimal(std::min(a.precision() - a.scale(), b.precision() - b.scale()) + scale, scale);
}

Resolved resolve_divide(std::span<const Type> given) {
  common_number("divide", given, TypeKind::kFloat64);
  Type a, b;
  if (decimal_args(given, a, b)) return {{a, b}, quotient_type(a, b)};
  return {{TypeKind::kFloat64, TypeKind::kFloat64}, TypeKind::kFloat64};
}

Resolved resolve_div(std::span<const Type> given) {
  Type common = common_number("div", given, TypeKind::kInt64);
  if (common.is_floating())
    refuse_args("div", given, "two integers or decimals; trunc(x / y) does the same with floats");
  Type a, b;
  if (decimal_args(given, a, b)) return {{a, b}, TypeKind::kInt64};
  return {{TypeKind::kInt64, TypeKind::kInt64}, TypeKind::kInt64};
}

// Loops.

/// The scale of argument `index`, be it a column or a literal.
int scale_of(const FunctionCall& call, std::size_t index) { return call.expr.args[index]->type.scale(); }

bool take(const std::optional<Int128>& value, Int128& out) {
  if (value) out = *value;
  return value.has_value();
}

/// Calls `visit` with the type that both arguments have.
template <typename Visit>
Column with_number_type(const FunctionCall& call, const Visit& visit) {
  return visit_number(call.expr.args[0]->type.kind(), visit);
}

auto fail_overflow(const FunctionCall& call) {
  return [&call](std::int64_t row) { call.fail(row, call.expr.type.to_string() + " overflow", kOverflowHint); };
}

/// `decimal(a, b)` computes decimals; `checked(a, b, out)` returns whether integers overflow; `plain(a, b)` is for
/// floats.
template <typename Decimal, typename Checked, typename Plain>
Column compute(const FunctionCall& call, const Decimal& decimal, const Checked& checked, const Plain& plain) {
  return with_number_type(call, [&](auto tag) -> Column {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_same_v<T, Int128>) {
      auto fails = [&](Int128 a, Int128 b, Int128& out) {
        out = 0;
        return !take(decimal(a, b), out);
      };
      return map_pairs_checked<T, T, T>(call, fails, fail_overflow(call));
    } else if constexpr (std::is_integral_v<T>) {
      return map_pairs_checked<T, T, T>(call, checked, fail_overflow(call));
    } else {
      return map_pairs<T, T, T>(call, plain);
    }
  });
}

/// a × 10^shift_a + b × 10^shift_b at the larger scale, then rounded to the result's. Sums of 38 digits fit 128 bits.
struct DecimalSum {
  int shift_a, shift_b, scale;
  Type result;

  explicit DecimalSum(const FunctionCall& call) : result(call.expr.type) {
    scale = std::max(scale_of(call, 0), scale_of(call, 1));
    shift_a = scale - scale_of(call, 0);
    shift_b = scale - scale_of(call, 1);
  }
  std::optional<Int128> operator()(Int128 a, Int128 b) const {
    Int128 sum;
    bool overflow = __builtin_mul_overflow(a, power_of_ten(shift_a), &a) |
                    __builtin_mul_overflow(b, power_of_ten(shift_b), &b) | __builtin_add_overflow(a, b, &sum);
    if (overflow) return std::nullopt;
    return rescale_decimal(sum, scale, result.scale(), result.precision());
  }
};

Column eval_add(const FunctionCall& call) {
  return compute(
      call, DecimalSum(call), [](auto a, auto b, auto& out) { return __builtin_add_overflow(a, b, &out); },
      [](auto a, auto b) { return a + b; });
}

Column eval_subtract(const FunctionCall& call) {
  return compute(
      call, [sum = DecimalSum(call)](Int128 a, Int128 b) { return sum(a, -b); },
      [](auto a, auto b, auto& out) { return __builtin_sub_overflow(a, b, &out); },
      [](auto a, auto b) { return a - b; });
}

Column eval_multiply(const FunctionCall& call) {
  int drop = scale_of(call, 0) + scale_of(call, 1) - call.expr.type.scale();
  return compute(
      call,
      [drop, precision = call.expr.type.precision()](Int128 a, Int128 b) {
        return multiply_decimals(a, b, drop, precision);
      },
      [](auto a, auto b, auto& out) { return __builtin_mul_overflow(a, b, &out); },
      [](auto a, auto b) { return a * b; });
}

/// The failure of a quotient: division by zero, if the divisor is, else overflow.
template <typename T>
auto fail_quotient(const FunctionCall& call) {
  return [&call](std::int64_t row) {
    const Value* literal = call.literal(1);
    T divisor =
        literal != nullptr ? stored_value<T>(*literal) : call.args[1].values<T>()[static_cast<std::size_t>(row)];
    if (divisor == T{}) call.fail(row, "division by zero", kZeroHint);
    call.fail(row, call.expr.type.to_string() + " overflow", kOverflowHint);
  };
}

template <typename Out, typename T, typename Quotient>
Column compute_quotient(const FunctionCall& call, const Quotient& quotient) {
  auto fails = [&](T a, T b, Out& out) {
    out = Out{};
    return b == T{} || !quotient(a, b, out);
  };
  return map_pairs_checked<Out, T, T>(call, fails, fail_quotient<T>(call));
}

Column eval_divide(const FunctionCall& call) {
  if (call.expr.type.kind() != TypeKind::kDecimal128) {
    return compute_quotient<double, double>(call, [](double a, double b, double& out) {
      out = a / b;
      return true;
    });
  }
  int shift = call.expr.type.scale() - scale_of(call, 0) + scale_of(call, 1);
  return compute_quotient<Int128, Int128>(call, [&](Int128 a, Int128 b, Int128& out) {
    return take(divide_decimals(a, b, shift, call.expr.type.precision()), out);
  });
}

/// Brings two decimals to one scale; false when that overflows 128 bits.
bool align(const FunctionCall& call, Int128& a, Int128& b) {
  int scale = std::max(scale_of(call, 0), scale_of(call, 1));
  return !__builtin_mul_overflow(a, power_of_ten(scale - scale_of(call, 0)), &a) &&
         !__builtin_mul_overflow(b, power_of_ten(scale - scale_of(call, 1)), &b);
}

Column eval_div(const FunctionCall& call) {
  if (call.expr.args[0]->type.kind() != TypeKind::kDecimal128) {
    return compute_quotient<std::int64_t, std::int64_t>(call, [](std::int64_t a, std::int64_t b, std::int64_t& out) {
      if (b == -1) return !__builtin_sub_overflow(std::int64_t{0}, a, &out);
      out = a / b;
      return true;
    });
  }
  return compute_quotient<std::int64_t, Int128>(call, [&](Int128 a, Int128 b, std::int64_t& out) {
    return align(call, a, b) && !__builtin_add_overflow(a / b, Int128{0}, &out);
  });
}

Column eval_mod(const FunctionCall& call) {
  return with_number_type(call, [&](auto tag) -> Column {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_same_v<T, Int128>) {
      const Type& result = call.expr.type;
      int scale = std::max(scale_of(call, 0), scale_of(call, 1));
      return compute_quotient<T, T>(call, [&](T a, T b, T& out) {
        return align(call, a, b) && take(rescale_decimal(a % b, scale, result.scale(), result.precision()), out);
      });
    } else {
      return compute_quotient<T, T>(call, [](T a, T b, T& out) {
        if constexpr (std::is_integral_v<T>) {
          out = b == -1 ? T{0} : static_cast<T>(a % b);
        } else {
          out = std::fmod(a, b);  // exact by definition, so the same everywhere
        }
        return true;
      });
    }
  });
}

Resolved resolve_negate(std::span<const Type> given) {
  require_arg_count("negate", given, 1, 1, "one number");
  if (given[0].kind() == TypeKind::kNull) return {{TypeKind::kInt64}, TypeKind::kInt64};
  if (!given[0].is_numeric()) refuse_args("negate", given, "one number");
  return {{given[0]}, given[0]};
}

Column eval_negate(const FunctionCall& call) {
  return with_number_type(call, [&](auto tag) -> Column {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, Int128>) {
      auto fails = [](T a, T& out) { return __builtin_sub_overflow(T{0}, a, &out); };
      return map_values_checked<T, T>(call, fails, fail_overflow(call));
    } else {
      return map_values<T, T>(call, [](T a) { return -a; });
    }
  });
}

}  // namespace

const Function kAdd = {
    .name = "add",
    .group = "arithmetic",
    .signature = "a + b: numbers -> their common type",
    .summary = "The sum. Integers that overflow are an error.",
    .examples = {{"1 + 2", "3"}, {"1 + 0.5", "1.5"}, {"decimal(3, 2) '1.25' + decimal(3, 1) '10.5'", "11.75"}},
    .resolve = [](std::span<const Type> given) { return resolve_numbers("add", given, sum_type); },
    .eval = eval_add,
    .reads_literals = true,
    .fails = Fails::kUnlessFloat,
};

const Function kSubtract = {
    .name = "subtract",
    .group = "arithmetic",
    .signature = "a - b: numbers -> their common type",
    .summary = "The difference. Integers that overflow are an error.",
    .examples = {{"1 - 2", "-1"}},
    .resolve = [](std::span<const Type> given) { return resolve_numbers("subtract", given, sum_type); },
    .eval = eval_subtract,
    .reads_literals = true,
    .fails = Fails::kUnlessFloat,
};

const Function kMultiply = {
    .name = "multiply",
    .group = "arithmetic",
    .signature = "a * b: numbers -> their common type",
    .summary = "The product. Integers that overflow are an error.",
    .examples = {{"6 * 7", "42"}, {"decimal(2, 1) '1.5' * decimal(2, 1) '0.5'", "0.75"}},
    .resolve = [](std::span<const Type> given) { return resolve_numbers("multiply", given, product_type); },
    .eval = eval_multiply,
    .reads_literals = true,
    .fails = Fails::kUnlessFloat,
};

const Function kDivide = {
    .name = "divide",
    .group = "arithmetic",
    .signature = "a / b: numbers -> float64, or decimal for decimals",
    .summary = "The quotient, of integers too as a float64. Division by zero is an error for all types.",
    .examples = {{"7 / 2", "3.5"}, {"decimal(3, 0) '100' / decimal(1, 0) '3'", "33.333333"}},
    .resolve = resolve_divide,
    .eval = eval_divide,
    .reads_literals = true,
};

const Function kDiv = {
    .name = "div",
    .group = "arithmetic",
    .signature = "a div b: integers or decimals -> int64",
    .summary = "The quotient without its fraction, cut towards zero. Division by zero is an error.",
    .examples = {{"7 div 2", "3"}, {"-7 div 2", "-3"}},
    .resolve = resolve_div,
    .eval = eval_div,
    .reads_literals = true,
};

const Function kMod = {
    .name = "mod",
    .group = "arithmetic",
    .signature = "a % b: numbers -> their common type",
    .summary = "The remainder of the division cut towards zero, with the sign of a. Division by zero is an error.",
    .examples = {{"7 % 3", "1"}, {"-7 % 3", "-1"}, {"5.5 % 2", "1.5"}},
    .resolve = [](std::span<const Type> given) { return resolve_numbers("mod", given, remainder_type); },
    .eval = eval_mod,
    .reads_literals = true,
};

const Function kNegate = {
    .name = "negate",
    .group = "arithmetic",
    .signature = "-a: number -> same as a",
    .summary = "The number with the other sign. The least integer of a type has no counterpart, which is an error.",
    .examples = {{"-(3)", "-3"}, {"negate(2.5)", "-2.5"}},
    .resolve = resolve_negate,
    .eval = eval_negate,
    .fails = Fails::kUnlessFloat,
};

}  // namespace headrace
