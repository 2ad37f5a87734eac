// Elementary functions whose bits are ours: the same on every processor, C library, compiler and optimisation level.
// Fitted state, features and training data depend on them, and the C library's own differ between versions and choose
// their code by the processor.
//
// How: table-driven reduction to a tiny argument, a short polynomial, and the leading part of the result carried in two
// doubles (Tang, "Table-driven implementation of the exponential function", 1989, and "... of the logarithm function",
// 1990; Dekker and Knuth for the exact sums and products, Payne and Hanek for the reduction of large angles). The
// tables are made by tools/math_tables.py. Only + - * / on doubles and integer operations are used, each correctly
// rounded by IEEE 754, and never a fused multiply-add: the project is compiled with -ffp-contract=off, and this file
// refuses -ffast-math. The rounding mode is to nearest, as everywhere in the project; floating-point exception flags
// and errno mean nothing.
//
// Error: at most 0.51 units in the last place over the whole range, subnormal results included, pow 0.53 (measured
// against arithmetic with 64 bits of significand in math_test.cc, which asserts it). So an exact result, such as
// log2(8) or pow(3, 4), is exact. Special values are those of C, Annex F; they are listed with each function. NaN gives
// NaN, always the same one. Speed: some 5 ns for exp and log, 20 ns for sin, cos and pow (math_bench.cc).
#pragma once

#include <cfloat>

static_assert(FLT_EVAL_METHOD == 0, "doubles must be computed as doubles");
#ifdef __FAST_MATH__
#error "the elementary functions need IEEE arithmetic: do not compile with -ffast-math"
#endif

namespace headrace {

/// e^x. exp(-inf) = 0, exp(inf) = inf, exp(±0) = 1; overflow gives inf, underflow 0.
double math_exp(double x) noexcept;

/// e^x - 1, accurate near 0. expm1(±0) = ±0, expm1(-inf) = -1, expm1(inf) = inf.
double math_expm1(double x) noexcept;

/// Natural logarithm. log(1) = +0, log(±0) = -inf, log(inf) = inf, log(negative) = NaN.
double math_log(double x) noexcept;

/// log(1 + x), accurate near 0. log1p(±0) = ±0, log1p(-1) = -inf, log1p(inf) = inf, log1p(below -1) = NaN.
double math_log1p(double x) noexcept;

/// Logarithm to base 2; exact for powers of two. Special values as math_log.
double math_log2(double x) noexcept;

/// Logarithm to base 10; exact for powers of ten. Special values as math_log.
double math_log10(double x) noexcept;

/// x to the power of y. pow(x, ±0) = 1 and pow(1, y) = 1 even for NaN; pow(-1, ±inf) = 1; a negative x to a power that
/// is no integer is NaN; ±0 to a negative power is inf (-inf for -0 and an odd integer); the rest follows the limits.
double math_pow(double x, double y) noexcept;

/// Sine of x radians, reduced by the true pi for every x. sin(±0) = ±0, sin(±inf) = NaN.
double math_sin(double x) noexcept;

/// Cosine of x radians, reduced by the true pi for every x. cos(±0) = 1, cos(±inf) = NaN.
double math_cos(double x) noexcept;

/// Hyperbolic tangent. tanh(±0) = ±0, tanh(±inf) = ±1.
double math_tanh(double x) noexcept;

}  // namespace headrace
