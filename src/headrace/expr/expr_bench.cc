// Evaluation of typical expressions on full batches, in rows a second.
#include <random>

#include <benchmark/benchmark.h>

#include "headrace/expr/bind.h"
#include "headrace/expr/evaluate.h"
#include "headrace/expr/parse.h"

namespace headrace {
namespace {

/// kBatchRowsMax rows: x int64, y float64, z int32, n float64 with nulls, s short texts.
Batch make_batch(MemoryBudget& memory) {
  std::mt19937 random(1);
  ColumnBuilder x(memory, TypeKind::kInt64), y(memory, TypeKind::kFloat64), z(memory, TypeKind::kInt32),
      n(memory, TypeKind::kFloat64), s(memory, TypeKind::kString);
  for (std::int64_t i = 0; i < kBatchRowsMax; ++i) {
    x.append(static_cast<std::int64_t>(random() % 1000));
    y.append(static_cast<double>(random() % 100000) / 100);
    z.append(static_cast<std::int32_t>(random() % 500));
    if (random() % 10 == 0) {
      n.append_null();
    } else {
      n.append(static_cast<double>(random() % 1000));
    }
    s.append_string("key" + std::to_string(random() % 3000));
  }
  auto schema = std::make_shared<const Schema>(std::vector<Field>{{"x", TypeKind::kInt64, false},
                                                                  {"y", TypeKind::kFloat64, false},
                                                                  {"z", TypeKind::kInt32, false},
                                                                  {"n", TypeKind::kFloat64},
                                                                  {"s", TypeKind::kString, false}});
  return {schema, {x.finish(), y.finish(), z.finish(), n.finish(), s.finish()}, kBatchRowsMax};
}

std::string vocabulary() {
  std::string text = "vocabulary_id(s, [";
  for (int i = 0; i < 2000; ++i) text += (i == 0 ? "'key" : ", 'key") + std::to_string(i) + "'";
  return text + "], 4)";
}

void evaluate_text(benchmark::State& state, const std::string& text) {
  auto memory = MemoryBudget::create();
  Batch batch = make_batch(*memory);
  BoundExprPtr expr = bind(parse_expr(text), *batch.schema);
  EvalContext context{*memory};
  for (auto _ : state) benchmark::DoNotOptimize(evaluate(*expr, batch, context));
  state.SetItemsProcessed(state.iterations() * batch.row_count);
}

const bool kRegistered = [] {
  for (const char* text :
       {"x + 1", "y * 2.5 + n", "x > 500 and y < 300", "z = 7", "n is null", "case when x > 500 then y else n end",
        "coalesce(n, 0)", "x / (z + 1)", "log1p(y)", "s = 'key17'", "s in ('key1', 'key2', 'key3')", "round(y, 1)",
        "x between 100 and 200", "bucketize(y, [0, 10, 100, 500, 900])", "hash_bucket(s, x, 10000)",
        "cast(x as float64)", "cast(s as binary)", "cast(x as string)", "(y - 500) / 288.6"}) {
    benchmark::RegisterBenchmark(text, [text](benchmark::State& state) { evaluate_text(state, text); });
  }
  benchmark::RegisterBenchmark("vocabulary_id(s, 2000 values, 4)",
                               [](benchmark::State& state) { evaluate_text(state, vocabulary()); });
  return true;
}();

}  // namespace
}  // namespace headrace
