// Nanoseconds a row of group_by, in the shapes of the ads benchmark: visits by user, impressions by item.
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "headrace/column/column_builder.h"
#include "headrace/exec/hash_aggregate.h"
#include "headrace/expr/parse.h"

namespace headrace {
namespace {

constexpr std::size_t kSplitRows = 8 * kBatchRowsMax;

/// `row_count` rows of user, time, duration and a category of 40, in splits as row groups have them.
std::vector<Batch> visits(MemoryBudget& memory, std::size_t row_count, std::size_t user_count) {
  auto schema = std::make_shared<const Schema>(std::vector<Field>{{"user", TypeKind::kInt64},
                                                                  {"time", TypeKind::kTimestamp},
                                                                  {"duration", TypeKind::kFloat64},
                                                                  {"category", TypeKind::kString}});
  ColumnBuilder names(memory, TypeKind::kString);
  for (int i = 0; i < 40; ++i) names.append_string("category-" + std::to_string(i));
  auto categories = std::make_shared<const Column>(names.finish());
  std::mt19937_64 random(1);
  std::vector<Batch> splits;
  for (std::size_t start = 0; start < row_count; start += kSplitRows) {
    std::size_t rows = std::min(kSplitRows, row_count - start);
    ColumnBuilder user(memory, TypeKind::kInt64);
    ColumnBuilder time(memory, TypeKind::kTimestamp);
    ColumnBuilder duration(memory, TypeKind::kFloat64);
    auto codes = Buffer::allocate(memory, rows * sizeof(std::int32_t));
    for (std::size_t row = 0; row < rows; ++row) {
      user.append(static_cast<std::int64_t>(random() % user_count) + 1);
      time.append(static_cast<std::int64_t>(1'767'225'600'000'000 + (start + row) * 1'000'000));
      duration.append(static_cast<double>(random() % 100'000) * 0.01);
      codes->mutable_as<std::int32_t>()[row] = static_cast<std::int32_t>(random() % 40);
    }
    auto length = static_cast<std::int64_t>(rows);
    splits.push_back({schema,
                      {user.finish(), time.finish(), duration.finish(), Column::dictionary(length, codes, categories)},
                      length});
  }
  return splits;
}

void group_by(benchmark::State& state, const std::vector<std::string>& aggregates) {
  RunContext context;
  auto row_count = static_cast<std::size_t>(state.range(0));
  std::vector<Batch> splits = visits(*context.memory, row_count, static_cast<std::size_t>(state.range(1)));
  const Schema& input = *splits[0].schema;
  AggregateNode node;
  node.keys = {"user"};
  std::vector<Field> fields = {{"user", TypeKind::kInt64}};
  for (const std::string& text : aggregates) {
    node.aggregates.push_back({text, parse_expr(text)});
    fields.push_back({text, bind_aggregate(node.aggregates.back().expr, input).result});
  }
  auto output = std::make_shared<const Schema>(std::move(fields));
  for (auto _ : state) {
    HashAggregate sink(node, input, output, context);
    sink.start(splits.size(), 1);
    for (std::size_t split = 0; split < splits.size(); ++split) {
      for (std::int64_t start = 0; start < splits[split].row_count; start += kBatchRowsMax) {
        std::int64_t rows = std::min(kBatchRowsMax, splits[split].row_count - start);
        sink.consume(splits[split].slice(start, rows), split, 0);
      }
    }
    Table table = sink.result();
    benchmark::DoNotOptimize(table.batches.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK_CAPTURE(group_by, count, {"count()"})
    ->Args({100'000, 100})
    ->Args({2'000'000, 200'000})
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(group_by, sum, {"count()", "sum(user)"})->Args({2'000'000, 200'000})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(group_by, mean, {"mean(duration)"})->Args({2'500'000, 500'000})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(group_by, distinct, {"count_distinct(category)"})
    ->Args({2'500'000, 500'000})
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(group_by, visits, {"count()", "mean(duration)", "max(time)", "count_distinct(category)"})
    ->Args({100'000, 20'000})
    ->Args({2'500'000, 500'000})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace headrace
