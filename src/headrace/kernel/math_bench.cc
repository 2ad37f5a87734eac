// Nanoseconds per value of each elementary function, beside the C library's. The values are what features see: spread
// over a few powers of ten.

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "headrace/kernel/math.h"

namespace headrace {

namespace {

constexpr size_t kValues = 4096;

std::vector<double> values_between(double low, double high) {
  std::mt19937_64 random(1);
  std::vector<double> values(kValues);
  for (double& value : values) value = low + (high - low) * static_cast<double>(random() >> 11) * 0x1p-53;
  return values;
}

using OneArgument = double (*)(double);
using TwoArguments = double (*)(double, double);

void one_argument(benchmark::State& state, OneArgument function, double low, double high) {
  const std::vector<double> in = values_between(low, high);
  std::vector<double> out(in.size());
  for (auto _ : state) {
    for (size_t i = 0; i < in.size(); ++i) out[i] = function(in[i]);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kValues));
}

void two_arguments(benchmark::State& state, TwoArguments function) {
  const std::vector<double> x = values_between(0, 100);
  const std::vector<double> y = values_between(-5, 5);
  std::vector<double> out(x.size());
  for (auto _ : state) {
    for (size_t i = 0; i < x.size(); ++i) out[i] = function(x[i], y[i]);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kValues));
}

BENCHMARK_CAPTURE(one_argument, exp, math_exp, -20, 20);
BENCHMARK_CAPTURE(one_argument, library_exp, static_cast<OneArgument>(std::exp), -20, 20);
BENCHMARK_CAPTURE(one_argument, expm1, math_expm1, -5, 5);
BENCHMARK_CAPTURE(one_argument, log, math_log, 0, 1000);
BENCHMARK_CAPTURE(one_argument, library_log, static_cast<OneArgument>(std::log), 0, 1000);
BENCHMARK_CAPTURE(one_argument, log1p, math_log1p, 0, 1000);
BENCHMARK_CAPTURE(one_argument, library_log1p, static_cast<OneArgument>(std::log1p), 0, 1000);
BENCHMARK_CAPTURE(one_argument, log2, math_log2, 0, 1000);
BENCHMARK_CAPTURE(one_argument, log10, math_log10, 0, 1000);
BENCHMARK_CAPTURE(one_argument, sin, math_sin, -10, 10);
BENCHMARK_CAPTURE(one_argument, library_sin, static_cast<OneArgument>(std::sin), -10, 10);
BENCHMARK_CAPTURE(one_argument, cos, math_cos, -10, 10);
BENCHMARK_CAPTURE(one_argument, tanh, math_tanh, -5, 5);
BENCHMARK_CAPTURE(two_arguments, pow, math_pow);
BENCHMARK_CAPTURE(two_arguments, library_pow, static_cast<TwoArguments>(std::pow));

}  // namespace

}  // namespace headrace
