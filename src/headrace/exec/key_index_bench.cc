// Nanoseconds a row of looking keys up, as a join with a dimension table does.
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "headrace/column/column_builder.h"
#include "headrace/exec/key_index.h"
#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

constexpr std::size_t kProbeRows = 1 << 20;

/// What the keys of the dimension with `key_count` rows look like.
enum class Keys { kDense, kSparse, kText, kTextAndTime };

std::vector<Column> columns_of(Keys kind, const std::vector<std::int64_t>& numbers, MemoryBudget& memory) {
  ColumnBuilder words(memory, TypeKind::kInt64);
  ColumnBuilder texts(memory, TypeKind::kString);
  for (std::int64_t number : numbers) {
    std::int64_t spread = static_cast<std::int64_t>(hash_int64(number));
    if (kind == Keys::kText) texts.append_string("item-" + std::to_string(number));
    if (kind == Keys::kTextAndTime) texts.append_string("country-" + std::to_string(number % 200));
    words.append(kind == Keys::kSparse ? spread : kind == Keys::kTextAndTime ? number / 200 * 3'600'000'000 : number);
  }
  if (kind == Keys::kText) return {texts.finish()};
  if (kind == Keys::kTextAndTime) return {texts.finish(), words.finish()};
  return {words.finish()};
}

std::vector<Type> types_of(const std::vector<Column>& columns) {
  std::vector<Type> types;
  for (const Column& column : columns) types.push_back(column.type());
  return types;
}

std::vector<std::int64_t> dimension_keys(std::size_t key_count) {
  std::vector<std::int64_t> numbers(key_count);
  for (std::size_t i = 0; i < key_count; ++i) numbers[i] = static_cast<std::int64_t>(i) + 1;
  return numbers;
}

/// Looks up 2^20 random keys, all of them there, a batch at a time.
void find_keys(benchmark::State& state, Keys kind) {
  auto memory = MemoryBudget::create();
  auto key_count = static_cast<std::size_t>(state.range(0));
  std::vector<Column> dimension = columns_of(kind, dimension_keys(key_count), *memory);
  KeyIndex index(types_of(dimension), *memory);
  std::vector<std::int32_t> first_rows(key_count);
  index.insert_rows(dimension, key_count, first_rows);

  std::mt19937_64 random(1);
  std::vector<std::int64_t> numbers(kProbeRows);
  for (std::int64_t& number : numbers) number = static_cast<std::int64_t>(random() % key_count) + 1;
  std::vector<Column> probes = columns_of(kind, numbers, *memory);
  std::vector<std::vector<Column>> batches;
  for (std::size_t start = 0; start < kProbeRows; start += kBatchRowsMax) {
    std::vector<Column>& batch = batches.emplace_back();
    for (const Column& column : probes) batch.push_back(column.slice(static_cast<std::int64_t>(start), kBatchRowsMax));
  }
  KeyLookup lookup;
  std::vector<std::int32_t> found;
  for (auto _ : state) {
    for (const std::vector<Column>& batch : batches) {
      index.find(batch, kBatchRowsMax, lookup, found);
      benchmark::DoNotOptimize(found.data());
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kProbeRows));
}

void insert_keys(benchmark::State& state, Keys kind) {
  auto memory = MemoryBudget::create();
  auto key_count = static_cast<std::size_t>(state.range(0));
  std::vector<Column> dimension = columns_of(kind, dimension_keys(key_count), *memory);
  std::vector<std::int32_t> first_rows(key_count);
  for (auto _ : state) {
    KeyIndex index(types_of(dimension), *memory);
    index.insert_rows(dimension, key_count, first_rows);
    benchmark::DoNotOptimize(first_rows.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK_CAPTURE(find_keys, dense, Keys::kDense)->Arg(1'000)->Arg(500'000)->Arg(5'000'000);
BENCHMARK_CAPTURE(find_keys, sparse, Keys::kSparse)->Arg(1'000)->Arg(500'000)->Arg(5'000'000);
BENCHMARK_CAPTURE(find_keys, text, Keys::kText)->Arg(1'000)->Arg(500'000);
BENCHMARK_CAPTURE(find_keys, text_and_time, Keys::kTextAndTime)->Arg(144'000);
BENCHMARK_CAPTURE(insert_keys, dense, Keys::kDense)->Arg(500'000);
BENCHMARK_CAPTURE(insert_keys, sparse, Keys::kSparse)->Arg(500'000);
BENCHMARK_CAPTURE(insert_keys, text, Keys::kText)->Arg(500'000);
BENCHMARK_CAPTURE(insert_keys, text_and_time, Keys::kTextAndTime)->Arg(144'000);

}  // namespace
}  // namespace headrace
