// A run with the least budget ends well, also when most of that is for statistics.
#include "headrace/frame/memory_floor.h"

#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/frame/headrace.h"
#include "headrace/io/memory_file_system.h"
#include "headrace/io/temporary_folder.h"
#include "headrace/plan/pipeline_file.h"

namespace headrace {
namespace {

/// Features that cut one column into 2, 3, 4 … parts, and fill another with its median.
std::string pipeline_text(const std::string& out, int feature_count) {
  std::string features;
  for (int i = 0; i < feature_count; ++i) {
    features +=
        fmt::format("  - {{name: f{}, from: price, transforms: [{{bucketize: {{quantiles: {}}}}}]}}\n", i, i + 2);
  }
  return fmt::format(R"(
version: 1
name: floor
sources:
  events: {{path: events.csv, schema: {{price: float64, count: int64}}}}
tables:
  rows: {{from: events}}
features:
  - {{name: count, transforms: [{{fill: {{with: median}}}}, standardize]}}
{1}
outputs:
  - {{path: {0}/data, format: tfrecord}}
state: {0}/state
quarantine: {0}/quarantine
report: {0}/run.json
)",
                     out, features);
}

}  // namespace

TEST_CASE("a run of many statistics succeeds with the least budget, to the same bits") {
  constexpr int kFeatures = 60;
  constexpr std::size_t kThreads = 2;
  TemporaryFolder folder;
  Pipeline pipeline = parse_pipeline(pipeline_text(folder.path(), kFeatures), "p");
  auto fs = std::make_shared<MemoryFileSystem>();
  std::string& events = fs->files["events.csv"] = "price,count\n";
  for (int i = 0; i < 20'000; ++i) events += fmt::format("{}.{:02},{}\n", i * 7919 % 1009, i % 100, i % 77);
  const std::map<std::string, std::string> sources = fs->files;

  auto run = [&](std::shared_ptr<MemoryBudget> memory) {
    fs->files = sources;
    RunOptions options;
    options.fs = fs;
    options.context.memory = std::move(memory);
    options.context.thread_count = kThreads;
    return run_pipeline(pipeline, options);
  };
  RunContext context;
  context.thread_count = kThreads;
  std::size_t floor = memory_floor(PreparedPipeline(pipeline, fs, context), context);
  CHECK(floor > 2 * (kThreads + 1) * kFeatures * (64 << 10));  // for the statistics alone, as little as each may take
  RunReport expected = run(MemoryBudget::create());
  RunReport least = run(MemoryBudget::create(floor));
  CHECK(least.fitted_state_digest == expected.fitted_state_digest);
  CHECK(least.row_digest == expected.row_digest);
  CHECK_THROWS_WITH_AS(run(MemoryBudget::create(floor - 1)), doctest::Contains("at least"), Error);
}

}  // namespace headrace
