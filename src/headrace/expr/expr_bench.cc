// Evaluation of typical expressions on full batches, in rows a second.
#include <random>

#include <benchmark/benchmark.h>

#include "headrace/expr/bind.h"
#include "headrace/expr/evaluate.h"
#include "headrace/expr/parse.h"

namespace headrace {
namespace {

/// kBatchRowsMax rows: x int64, y float64, z int32, n float64 with nulls, s short texts, t and u timestamps of one
/// month, the second with nulls, d dates, w texts of some words.
Batch make_batch(MemoryBudget& memory) {
  std::mt19937 random(1);
  ColumnBuilder x(memory, TypeKind::kInt64), y(memory, TypeKind::kFloat64), z(memory, TypeKind::kInt32),
      n(memory, TypeKind::kFloat64), s(memory, TypeKind::kString), t(memory, TypeKind::kTimestamp),
      u(memory, TypeKind::kTimestamp), d(memory, TypeKind::kDate), w(memory, TypeKind::kString);
  auto moment = [&] { return std::int64_t{1'767'225'600'000'000} + static_cast<std::int64_t>(random()) * 603; };
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
    t.append(moment());
    if (random() % 5 == 0) {
      u.append_null();
    } else {
      u.append(moment());
    }
    d.append(static_cast<std::int32_t>(20'000 + random() % 500));
    std::string words;
    for (std::uint64_t word = 0; word < 3 + random() % 7; ++word) words += " word" + std::to_string(random() % 3000);
    w.append_string(words.substr(1));
  }
  auto schema = std::make_shared<const Schema>(std::vector<Field>{{"x", TypeKind::kInt64, false},
                                                                  {"y", TypeKind::kFloat64, false},
                                                                  {"z", TypeKind::kInt32, false},
                                                                  {"n", TypeKind::kFloat64},
                                                                  {"s", TypeKind::kString, false},
                                                                  {"t", TypeKind::kTimestamp, false},
                                                                  {"u", TypeKind::kTimestamp},
                                                                  {"d", TypeKind::kDate, false},
                                                                  {"w", TypeKind::kString, false}});
  return {schema,
          {x.finish(), y.finish(), z.finish(), n.finish(), s.finish(), t.finish(), u.finish(), d.finish(), w.finish()},
          kBatchRowsMax};
}

std::string numbers(int count, int step) {
  std::string text;
  for (int i = 0; i < count; ++i) text += (i == 0 ? "" : ", ") + std::to_string(i * step);
  return "[" + text + "]";
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
  EvalContext context(*memory);
  for (auto _ : state) benchmark::DoNotOptimize(evaluate(*expr, batch, context));
  state.SetItemsProcessed(state.iterations() * batch.row_count);
}

const bool kRegistered = [] {
  const char* const kTexts[] = {"x + 1",
                                "y * 2.5 + n",
                                "x > 500 and y < 300",
                                "z = 7",
                                "n is null",
                                "case when x > 500 then y else n end",
                                "coalesce(n, 0)",
                                "x / (z + 1)",
                                "log1p(y)",
                                "s = 'key17'",
                                "s in ('key1', 'key2', 'key3')",
                                "round(y, 1)",
                                "x between 100 and 200",
                                "bucketize(y, [0, 10, 100, 500, 900])",
                                "hash_bucket(s, x, 10000)",
                                "date_trunc('hour', t)",
                                "cast(t as date)",
                                "date_diff(cast(t as date), d)",
                                "timestamp_diff('second', u, t)",
                                "hour(t)",
                                "weekday(t)",
                                "split(w, ' ')",
                                "hash_id(split(w, ' '), 5000)",
                                "hash_id(s, 5000)",
                                "list_pad(hash_id(split(w, ' '), 5000), 8)",
                                "cast(x as float64)",
                                "cast(s as binary)",
                                "cast(x as string)",
                                "(y - 500) / 288.6"};
  for (const char* text : kTexts) {
    benchmark::RegisterBenchmark(text, [text](benchmark::State& state) { evaluate_text(state, text); });
  }
  benchmark::RegisterBenchmark("vocabulary_id(s, 2000 values, 4)",
                               [](benchmark::State& state) { evaluate_text(state, vocabulary()); });
  benchmark::RegisterBenchmark("vocabulary_id(x, 500 values, 4)", [](benchmark::State& state) {
    evaluate_text(state, "vocabulary_id(x, " + numbers(500, 2) + ", 4)");
  });
  for (int boundaries : {15, 31}) {
    benchmark::RegisterBenchmark(("bucketize(y, " + std::to_string(boundaries) + " values)").c_str(),
                                 [boundaries](benchmark::State& state) {
                                   evaluate_text(state, "bucketize(y, " + numbers(boundaries, 1000 / boundaries) + ")");
                                 });
  }
  return true;
}();

}  // namespace
}  // namespace headrace
