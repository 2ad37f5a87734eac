// exp expm1 ln log10 log1p log2 pow sin cos tanh sqrt abs sign.
//
// The elementary functions are those of kernel/math.h, never the C library's, so that bits are the same everywhere.
// Logarithms are null outside their domain, as in Spark; sqrt and pow give NaN there.
#include "headrace/kernel/math.h"

#include <cmath>
#include <cstring>

#include "headrace/expr/function/loops.h"
#include "headrace/expr/function/resolve.h"

namespace headrace {

extern const Function kAbs;
extern const Function kCos;
extern const Function kExp;
extern const Function kExpm1;
extern const Function kLn;
extern const Function kLog10;
extern const Function kLog1p;
extern const Function kLog2;
extern const Function kPow;
extern const Function kSign;
extern const Function kSin;
extern const Function kSqrt;
extern const Function kTanh;

namespace {

Resolved resolve_floats(std::string_view name, std::span<const Type> given, std::size_t count) {
  std::string_view accepted = count == 1 ? "one number" : "two numbers";
  require_arg_count(name, given, count, count, accepted);
  for (const Type& type : given) {
    if (!type.is_numeric() && type.kind() != TypeKind::kNull) refuse_args(name, given, accepted);
  }
  return {std::vector<Type>(count, TypeKind::kFloat64), TypeKind::kFloat64};
}

template <double (*F)(double) noexcept>
Column map_float(const FunctionCall& call) {
  return map_values<double, double>(call, F);
}

/// F(x) where x > `bound` or NaN, else null.
template <double (*F)(double) noexcept>
Column map_above(const FunctionCall& call, double bound) {
  std::span<const double> in = call.args[0].values<double>();
  Column result = map_values<double, double>(call, F);
  bool any = false;
  for (std::size_t i = 0; i < in.size(); ++i) any |= in[i] <= bound;
  if (!any) return result;
  std::shared_ptr<Buffer> validity = Buffer::allocate(call.context.memory, in.size());
  for (std::size_t i = 0; i < in.size(); ++i) {
    validity->mutable_as<std::uint8_t>()[i] = in[i] <= bound ? std::uint8_t{0} : std::uint8_t{1};
  }
  return result.with_validity(std::move(validity));
}

double square_root(double x) noexcept { return std::sqrt(x); }  // correctly rounded by IEEE 754, so the same everywhere
double sign_of(double x) noexcept { return x > 0 ? 1.0 : x < 0 ? -1.0 : x; }

Resolved resolve_abs(std::span<const Type> given) {
  require_arg_count("abs", given, 1, 1, "one number");
  if (given[0].kind() == TypeKind::kNull) return {{TypeKind::kInt64}, TypeKind::kInt64};
  if (!given[0].is_numeric()) refuse_args("abs", given, "one number");
  return {{given[0]}, given[0]};
}

Column eval_abs(const FunctionCall& call) {
  return visit_number(call.expr.type.kind(), [&](auto tag) -> Column {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_floating_point_v<T>) {
      return map_values<T, T>(call, [](T a) { return std::abs(a); });
    } else if constexpr (std::is_same_v<T, Int128>) {
      return map_values<T, T>(call, [](T a) { return a < 0 ? -a : a; });
    } else {
      auto fails = [](T a, T& out) {
        bool overflow = __builtin_sub_overflow(T{0}, a, &out);
        if (a >= 0) out = a;
        return overflow && a < 0;
      };
      return map_values_checked<T, T>(call, fails, [&](std::int64_t row) {
        call.fail(row, call.expr.type.to_string() + " overflow",
                  "cast to a wider type first, such as cast(x as float64)");
      });
    }
  });
}

}  // namespace

const Function kAbs = {
    .name = "abs",
    .group = "math",
    .signature = "abs(x: number) -> same as x",
    .summary = "The value without its sign. The least integer of a type has no counterpart, which is an error.",
    .examples = {{"abs(-3)", "3"}, {"abs(-2.5)", "2.5"}},
    .resolve = resolve_abs,
    .eval = eval_abs,
    .fails = Fails::kUnlessFloat,
};

const Function kSign = {
    .name = "sign",
    .group = "math",
    .signature = "sign(x: number) -> float64",
    .summary = "-1.0, 0.0 or 1.0; NaN for NaN.",
    .examples = {{"sign(-3)", "-1.0"}, {"sign(0)", "0.0"}},
    .resolve = [](std::span<const Type> given) { return resolve_floats("sign", given, 1); },
    .eval = map_float<sign_of>,
    .fails = Fails::kNever,
};

const Function kSqrt = {
    .name = "sqrt",
    .group = "math",
    .signature = "sqrt(x: number) -> float64",
    .summary = "The square root; NaN for numbers below 0.",
    .examples = {{"sqrt(2)", "1.4142135623730951"}, {"sqrt(-1)", "NaN"}},
    .resolve = [](std::span<const Type> given) { return resolve_floats("sqrt", given, 1); },
    .eval = map_float<square_root>,
    .fails = Fails::kNever,
};

const Function kExp = {
    .name = "exp",
    .group = "math",
    .signature = "exp(x: number) -> float64",
    .summary = "e to the power of x; Infinity beyond what float64 holds.",
    .examples = {{"exp(0)", "1.0"}, {"exp(1)", "2.718281828459045"}},
    .resolve = [](std::span<const Type> given) { return resolve_floats("exp", given, 1); },
    .eval = map_float<math_exp>,
    .fails = Fails::kNever,
};

const Function kExpm1 = {
    .name = "expm1",
    .group = "math",
    .signature = "expm1(x: number) -> float64",
    .summary = "exp(x) - 1, exact also for x near 0.",
    .examples = {{"expm1(1e-10)", "1.00000000005E-10"}},
    .resolve = [](std::span<const Type> given) { return resolve_floats("expm1", given, 1); },
    .eval = map_float<math_expm1>,
    .fails = Fails::kNever,
};

const Function kLn = {
    .name = "ln",
    .group = "math",
    .signature = "ln(x: number) -> float64",
    .summary = "The natural logarithm; null for 0 and below.",
    .examples = {{"ln(1)", "0.0"}, {"ln(0)", "null"}},
    .resolve = [](std::span<const Type> given) { return resolve_floats("ln", given, 1); },
    .eval = [](const FunctionCall& call) { return map_above<math_log>(call, 0); },
    .may_make_null = true,
    .fails = Fails::kNever,
};

const Function kLog10 = {
    .name = "log10",
    .group = "math",
    .signature = "log10(x: number) -> float64",
    .summary = "The logarithm to base 10; null for 0 and below.",
    .examples = {{"log10(1000)", "3.0"}},
    .resolve = [](std::span<const Type> given) { return resolve_floats("log10", given, 1); },
    .eval = [](const FunctionCall& call) { return map_above<math_log10>(call, 0); },
    .may_make_null = true,
    .fails = Fails::kNever,
};

const Function kLog1p = {
    .name = "log1p",
    .group = "math",
    .signature = "log1p(x: number) -> float64",
    .summary = "ln(1 + x), exact also for x near 0; null for -1 and below.",
    .examples = {{"log1p(0)", "0.0"}, {"log1p(-1)", "null"}},
    .resolve = [](std::span<const Type> given) { return resolve_floats("log1p", given, 1); },
    .eval = [](const FunctionCall& call) { return map_above<math_log1p>(call, -1); },
    .may_make_null = true,
    .fails = Fails::kNever,
};

const Function kLog2 = {
    .name = "log2",
    .group = "math",
    .signature = "log2(x: number) -> float64",
    .summary = "The logarithm to base 2; null for 0 and below.",
    .examples = {{"log2(8)", "3.0"}},
    .resolve = [](std::span<const Type> given) { return resolve_floats("log2", given, 1); },
    .eval = [](const FunctionCall& call) { return map_above<math_log2>(call, 0); },
    .may_make_null = true,
    .fails = Fails::kNever,
};

const Function kPow = {
    .name = "pow",
    .group = "math",
    .signature = "pow(x: number, y: number) -> float64",
    .summary = "x to the power of y; NaN for a negative x to a power that is no integer.",
    .examples = {{"pow(2, 10)", "1024.0"}, {"pow(2, 0.5)", "1.4142135623730951"}},
    .resolve = [](std::span<const Type> given) { return resolve_floats("pow", given, 2); },
    .eval = [](const FunctionCall& call) { return map_pairs<double, double, double>(call, math_pow); },
    .reads_literals = true,
    .fails = Fails::kNever,
};

const Function kSin = {
    .name = "sin",
    .group = "math",
    .signature = "sin(x: number) -> float64",
    .summary = "The sine of x radians.",
    .examples = {{"sin(0)", "0.0"}},
    .resolve = [](std::span<const Type> given) { return resolve_floats("sin", given, 1); },
    .eval = map_float<math_sin>,
    .fails = Fails::kNever,
};

const Function kCos = {
    .name = "cos",
    .group = "math",
    .signature = "cos(x: number) -> float64",
    .summary = "The cosine of x radians.",
    .examples = {{"cos(0)", "1.0"}},
    .resolve = [](std::span<const Type> given) { return resolve_floats("cos", given, 1); },
    .eval = map_float<math_cos>,
    .fails = Fails::kNever,
};

const Function kTanh = {
    .name = "tanh",
    .group = "math",
    .signature = "tanh(x: number) -> float64",
    .summary = "The hyperbolic tangent.",
    .examples = {{"tanh(0)", "0.0"}},
    .resolve = [](std::span<const Type> given) { return resolve_floats("tanh", given, 1); },
    .eval = map_float<math_tanh>,
    .fails = Fails::kNever,
};

}  // namespace headrace
