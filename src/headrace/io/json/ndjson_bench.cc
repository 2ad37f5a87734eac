// Speed of reading JSON lines: tokens alone, and whole splits of a table like the conversions of the ads benchmark.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "headrace/io/json/json_tokens.h"
#include "headrace/io/memory_file_system.h"
#include "headrace/io/source.h"
#include "headrace/io/text/split.h"

namespace headrace {
namespace {

constexpr int kRows = 100'000;

/// {"impression_id":123,"time":"2026-01-01T00:00:00.123456Z","value":12.5,"items":[1,2,3]}
std::string conversions_text(int rows) {
  std::string text;
  for (int i = 0; i < rows; ++i) {
    unsigned random = static_cast<unsigned>(i) * 2654435761u;
    text += fmt::format(
        "{{\"impression_id\":{},\"time\":\"2026-01-{:02}T{:02}:{:02}:{:02}.{:06}Z\",\"value\":{}.{:02},\"items\":[",
        i * 37, i / 4000 % 28 + 1, i / 150 % 24, i % 60, random % 60, random % 1'000'000, random % 300, random % 100);
    for (unsigned k = 0; k < random % 5; ++k) text += fmt::format("{}{}", k == 0 ? "" : ",", (random >> k) % 200'000);
    text += "]}\n";
  }
  return text;
}

void find_tokens(benchmark::State& state) {
  std::string text = conversions_text(1000);
  std::size_t size = text.size() / 64 * 64;
  text.resize(size + kTextPaddingBytes);
  auto memory = MemoryBudget::create();
  JsonTokens tokens(*memory);
  for (auto _ : state) {
    JsonDefect defect = tokens.find({text.data(), size});
    benchmark::DoNotOptimize(defect);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * size));
}
BENCHMARK(find_tokens)->Unit(benchmark::kMicrosecond);

void read_conversions(benchmark::State& state, std::vector<std::string> columns) {
  std::string text = conversions_text(kRows);
  auto fs = std::make_shared<MemoryFileSystem>();
  fs->put("conversions.ndjson", text);
  SourceContext context{.fs = fs, .memory = MemoryBudget::create()};
  SourceSpec spec;
  spec.name = "conversions";
  spec.paths = {"conversions.ndjson"};
  spec.on_error = OnError::kQuarantine;
  spec.declared = {{"impression_id", TypeKind::kInt64, false},
                   {"time", TypeKind::kTimestamp, false},
                   {"value", TypeKind::kFloat64, false},
                   {"items", Type::list(TypeKind::kInt64), true}};
  for (auto _ : state) {
    std::unique_ptr<SourceReader> reader = open_source(spec, context);
    std::int64_t rows = 0;
    for (std::size_t i = 0; i < reader->split_count(); ++i) {
      std::unique_ptr<SplitStream> stream = reader->open_split(i, {.columns = columns, .bounds = {}});
      Batch batch;
      while (stream->next(batch)) rows += batch.row_count;
    }
    if (rows != kRows) state.SkipWithError("rows are missing");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK_CAPTURE(read_conversions, all_columns, {"impression_id", "time", "value", "items"})
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read_conversions, one_column, {"value"})->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace headrace
