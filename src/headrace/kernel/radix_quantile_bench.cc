// Nanoseconds per key of a whole search, all its rounds: prices spread over powers of ten, counts that repeat, and keys
// without any order; for a median, ten and a hundred parts.

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "headrace/kernel/math.h"
#include "headrace/kernel/order_key.h"
#include "headrace/kernel/radix_quantile.h"

namespace headrace {

namespace {

constexpr size_t kKeys = size_t{1} << 22;

uint64_t price(std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  return order_key_float64(math_exp(3 + normal(random)));
}
uint64_t small_count(std::mt19937_64& random) { return order_key_float64(static_cast<double>(random() % 500)); }
uint64_t any(std::mt19937_64& random) { return random(); }

void quantiles(benchmark::State& state, uint64_t (*make_key)(std::mt19937_64&)) {
  std::mt19937_64 random(1);
  std::vector<uint64_t> keys(kKeys);
  for (uint64_t& key : keys) key = make_key(random);
  std::vector<Probability> probabilities;
  const auto parts = static_cast<uint64_t>(state.range(0));
  for (uint64_t k = 1; k < parts; ++k) probabilities.push_back({k, parts});
  int64_t rounds = 0;
  for (auto _ : state) {
    RadixQuantiles search(probabilities);
    do {
      for (size_t at = 0; at < keys.size(); at += 1024) search.update(std::span(keys).subspan(at, 1024));
      ++rounds;
    } while (search.finish_round());
    benchmark::DoNotOptimize(search.results());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kKeys));
  state.counters["rounds"] = static_cast<double>(rounds) / static_cast<double>(state.iterations());
}

BENCHMARK_CAPTURE(quantiles, prices, price)->Arg(2)->Arg(10)->Arg(100)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(quantiles, small_counts, small_count)->Arg(2)->Arg(10)->Arg(100)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(quantiles, any, any)->Arg(2)->Arg(10)->Arg(100)->Unit(benchmark::kMillisecond);

}  // namespace

}  // namespace headrace
