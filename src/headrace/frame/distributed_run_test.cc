// A run in pieces, all in this process, gives the state and the rows of a run in one piece.
#include "headrace/frame/distributed_run.h"

#include <array>
#include <map>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/frame/headrace.h"
#include "headrace/frame/statistics_json.h"
#include "headrace/io/fs/file_system.h"
#include "headrace/io/temporary_folder.h"
#include "headrace/plan/pipeline_file.h"

namespace headrace {
namespace {

constexpr std::size_t kKeyParts = 3;

std::string pipeline_text(const std::string& folder, const std::string& out, const std::string& rule) {
  return fmt::format(R"(
version: 1
name: pieces
sources:
  events:
    path: {0}/events.csv
    on_error: quarantine
    schema: {{id: int64, word: string, price: float64, url: string}}
tables:
  rows:
    from: events
    steps:
      - filter: id % 10 <> 3
      - with_columns: {{twice: price * 2}}
contract:
  table: rows
  columns: {{id: {{min: {2}}}}}
features:
  - {{name: word, transforms: [{{vocabulary: {{min_count: 3, max_size: 20}}}}]}}
  - {{name: every_id, from: id % 200, transforms: [{{vocabulary: {{oov_buckets: 2}}}}]}}
  - {{name: price, transforms: [{{fill: {{with: median}}}}, log1p, standardize]}}
  - {{name: bucket, from: twice, transforms: [{{bucketize: {{quantiles: 7}}}}]}}
  - {{name: scaled, from: twice, transforms: [{{fill: {{value: 0.0}}}}, min_max]}}
  - {{name: url, transforms: [{{hash: {{buckets: 50}}}}]}}
  - {{name: id, role: key}}
split: {{hash: id, parts: {{train: 0.7, eval: 0.2, rest: 0.1}}}}
outputs:
  - {{path: {1}/parquet, format: parquet, rows_per_shard: 400}}
  - {{path: {1}/tfrecord, format: tfrecord, shards: 2}}
  - {{path: {1}/sorted, format: parquet, sort_by: [id], shards: 2}}
  - {{path: {1}/shuffled, format: parquet, shuffle: 7, rows_per_shard: 500}}
  - {{path: {1}/partitioned, format: parquet, partition_by: [bucket], sort_by: [word, id], rows_per_shard: 300}}
  - {{path: {1}/dealt, format: tfrecord, partition_by: [bucket], shuffle: 3}}
)",
                     folder, out, rule);
}

void write_events(const std::string& path) {
  std::mt19937 random(7);
  std::string text = "id,word,price,url\n";
  for (int i = 0; i < 5000; ++i) {
    std::string price = i % 11 == 0 ? "" : fmt::format("{}.{}", random() % 1000, random() % 10);
    if (i % 500 == 77) price = "nonsense";
    text += fmt::format("{},w{},{},http://u/{}\n", i, random() % 60 * (random() % 3), price, random() % 300);
  }
  local_file_system()->put(path, text);
}

/// The steps above the scan of the plan's first root.
std::vector<Step> steps_of(const std::string& plan) {
  Json json = Json::parse(plan);
  std::vector<Step> steps;
  std::size_t id = json.at("roots").at(0);
  while (json.at("nodes").at(id).at("kind") != "scan") {
    steps.insert(steps.begin(), parse_step(json.at("nodes").at(id).at("step").get<std::string>()));
    id = json.at("nodes").at(id).at("inputs").at(0);
  }
  return steps;
}

LazyFrame with_steps(LazyFrame frame, const std::vector<Step>& steps) {
  for (const Step& step : steps) frame = frame.with_step(step);
  return frame;
}

/// Runs the pieces as `task_count` tasks would, each in an object of its own, and the last of them twice.
RunReport run_in_pieces(const Pipeline& pipeline, std::size_t task_count) {
  DistributedRun run(pipeline, RunOptions(), "pieces 1.0");
  Json plan = Json::parse(run.plan());
  const Json& source = plan.at("sources").at("events");
  std::string yaml = source.at("yaml");
  std::string digest = source.at("files_digest");
  std::size_t splits = source.at("splits");
  SplitScan whole("events", yaml, {}, 0, splits, digest);
  std::vector<Step> steps = steps_of(run.plan());
  std::string task_plan = run.task_plan(with_steps(whole.frame(), steps).schema());
  try {
    run.begin_stage("relational");
    std::vector<std::string> results;
    std::vector<std::string> tallies;
    std::string round = run.fit_round();
    // The source has one split: tasks get slices of its rows.
    StreamedRows rows = collect_frame(whole.frame(), RunOptions());
    tallies.push_back(whole.tally());
    std::int64_t row_count = 0;
    for (const Batch& batch : rows.batches) row_count += batch.row_count;
    REQUIRE(rows.batches.size() == 1);
    for (std::size_t task = 0; task < task_count; ++task) {
      auto number = static_cast<std::int64_t>(task), count = static_cast<std::int64_t>(task_count);
      std::int64_t begin = row_count * number / count, end = row_count * (number + 1) / count;
      auto memory = MemoryBudget::create();
      auto part = std::make_shared<Batch>(rows.batches[0].slice(begin, end - begin));
      auto open = [&, part]() {
        StreamPtr stream = export_stream({rows.schema, {*part}}, memory);
        return import_batches(stream.get(), memory);
      };
      LazyFrame frame = with_steps(LazyFrame::of_function("rows", *rows.schema, open), steps);
      for (int attempt = 0; attempt < (task + 1 == task_count ? 2 : 1); ++attempt) {
        std::string prefix = fmt::format("{}/rows-{}-{}", run.spool_folder(), task, attempt);
        std::string result = RunTask(task_plan, RunContext()).spool(&frame, prefix, round, kKeyParts);
        if (attempt == 0) results.push_back(std::move(result));
      }
    }
    run.take_spooled(results);
    run.take_scan("events", "events", tallies);
    run.end_relational();
    run.begin_stage("fit");
    while (!run.is_fitted()) {
      round = run.fit_round();
      if (run.has_keyed()) {
        std::vector<std::vector<std::string>> by_part(kKeyParts);
        for (const std::string& result : results) {
          std::vector<std::string> parts = RunTask(task_plan, RunContext()).read_keyed(spool_result(result).keyed_path);
          for (std::size_t i = 0; i < kKeyParts; ++i) by_part[i].push_back(parts.at(i));
        }
        for (const auto& parts : by_part) run.take_fit(RunTask(task_plan, RunContext()).merge_keyed(round, parts));
      }
      run.end_fit_round();
      if (run.is_fitted()) break;
      results.clear();
      std::vector<std::string> files = run.fit_files(task_count);
      for (std::size_t task = 0; task < files.size(); ++task) {
        std::string prefix = fmt::format("{}/fit-{}", run.spool_folder(), task);
        results.push_back(RunTask(task_plan, RunContext()).fit(files[task], prefix, run.fit_round(), kKeyParts));
        run.take_fit(spool_result(results.back()).fixed);
      }
    }
    run.end_fit();
    run.begin_stage("write");
    std::string state = run.spool_folder() + "/state.json";
    run.put_state(state);
    RunTask writer(task_plan, RunContext());
    auto do_all = [&](const char* name, auto method, const std::vector<std::string>& tasks) {
      std::vector<std::string> found;
      for (const std::string& task : tasks) {
        std::string prefix = fmt::format("{}/{}-{}", run.spool_folder(), name, found.size());
        found.push_back((writer.*method)(task, state, prefix));
      }
      return found;
    };
    run.take_keys(do_all("keys", &RunTask::sample_keys, run.key_samples(task_count)));
    run.take_dealt(do_all("dealt", &RunTask::deal, run.deals()));
    run.take_ordered(do_all("ordered", &RunTask::put_in_order, run.ranges()));
    std::vector<std::string> written;
    for (const std::string& order : run.shard_orders()) {
      std::string prefix = fmt::format("{}/written-{}", run.spool_folder(), written.size());
      written.push_back(writer.write(order, state, prefix));
      // An attempt that comes late writes the same bytes to the same place.
      std::string late = RunTask(task_plan, RunContext()).write(order, state, prefix);
      CHECK(late.size() == written.back().size());
    }
    run.take_written(written);
    RunReport report = run.publish();
    run.remove_spool();
    return report;
  } catch (const Error& error) {
    run.fail(std::string(code_name(error.code())), error.what());
    run.remove_spool();
    throw;
  }
}

std::string figures_of(const std::optional<TableFigures>& table) {
  REQUIRE(table.has_value());
  Json json = Json::parse(statistics_json(*table).dump());
  json.erase("seconds");
  return json.dump();
}

/// Each shard of a part: its partition, and the ids of its rows in their order.
std::vector<std::pair<PartitionValues, std::vector<std::int64_t>>> rows_in(const std::string& out, const char* name,
                                                                           std::size_t part) {
  std::vector<std::pair<PartitionValues, std::vector<std::int64_t>>> shards;
  Manifest manifest = require_manifest(*local_file_system(), out + "/" + name);
  for (const Shard& shard : manifest.parts.at(part).shards) {
    SourceSpec spec;
    spec.name = name;
    spec.paths = {out + "/" + name + "/" + shard.file};
    std::vector<std::int64_t> ids;
    for (const Batch& batch : collect_frame(LazyFrame::scan(spec), RunOptions()).batches) {
      for (std::int64_t id : batch.columns[batch.schema->index_of("id")].values<std::int64_t>()) ids.push_back(id);
    }
    shards.emplace_back(shard.partition, std::move(ids));
  }
  return shards;
}

std::string state_of(const std::string& out) { return read_text(*local_file_system(), out + "/state/state.json"); }

}  // namespace

TEST_CASE("a run in pieces gives the state and the rows of a run in one piece, whatever the pieces are") {
  TemporaryFolder folder;
  write_events(folder.path() + "/events.csv");
  std::string native = folder.path() + "/native";
  Pipeline pipeline = parse_pipeline(pipeline_text(folder.path(), native, "0"), "p");
  RunReport expected = run_pipeline(pipeline, RunOptions());
  std::shared_ptr<FileSystem> fs = local_file_system();
  for (std::size_t tasks : {1u, 2u, 5u}) {
    std::string out = fmt::format("{}/pieces-{}", folder.path(), tasks);
    RunReport report = run_in_pieces(parse_pipeline(pipeline_text(folder.path(), out, "0"), "p"), tasks);
    CHECK(report.status == "ok");
    CHECK(report.engine == "pieces 1.0");
    CHECK(report.row_digest == expected.row_digest);
    CHECK(state_of(out) == state_of(native));
    CHECK(report.sources[0].counts.rows_quarantined == 10);
    CHECK(report.sources[0].quarantined_by_kind == expected.sources[0].quarantined_by_kind);
    CHECK(report.contract->rows_checked == expected.contract->rows_checked);
    CHECK(figures_of(report.statistics_before) == figures_of(expected.statistics_before));
    CHECK(figures_of(report.statistics_after) == figures_of(expected.statistics_after));
    for (const char* name : {"parquet", "tfrecord", "sorted", "shuffled", "partitioned", "dealt", "quarantine"}) {
      CAPTURE(name);
      Manifest wanted = require_manifest(*fs, native + "/" + name);
      Manifest found = require_manifest(*fs, out + "/" + name);
      CHECK(found.row_digest == wanted.row_digest);
      CHECK(found.row_count() == wanted.row_count());
      REQUIRE(found.parts.size() == wanted.parts.size());
      for (std::size_t part = 0; part < found.parts.size(); ++part) {
        CHECK(found.parts[part].shards.size() == wanted.parts[part].shards.size());
        CHECK(found.parts[part].row_count() == wanted.parts[part].row_count());
      }
      for (std::size_t i = 0; i < wanted.columns.size(); ++i) {
        CHECK(found.columns[i].null_count == wanted.columns[i].null_count);
        CHECK(found.columns[i].min == wanted.columns[i].min);
        CHECK(found.columns[i].max == wanted.columns[i].max);
      }
    }
    // Where the order is one, so are the rows of each shard.
    for (const char* name : {"sorted", "partitioned"}) {
      CAPTURE(name);
      for (std::size_t part = 0; part < 3; ++part) CHECK(rows_in(out, name, part) == rows_in(native, name, part));
    }
    CHECK(rows_in(out, "shuffled", 0) != rows_in(out, "sorted", 0));
    // With one task, rows are in the order of the source, and so are the shards.
    if (tasks == 1) {
      for (const char* name : {"parquet", "tfrecord"}) {
        Manifest wanted = require_manifest(*fs, native + "/" + name);
        Manifest found = require_manifest(*fs, out + "/" + name);
        CHECK(found.parts[0].shards[0].summary.checksum == wanted.parts[0].shards[0].summary.checksum);
      }
    }
    CHECK(fs->info(out + "/parquet-spool-" + report.run_id).kind == FileInfo::Kind::kMissing);
  }
}

TEST_CASE("a contract that rows of some pieces break publishes nothing") {
  TemporaryFolder folder;
  write_events(folder.path() + "/events.csv");
  std::string out = folder.path() + "/out";
  Pipeline pipeline = parse_pipeline(pipeline_text(folder.path(), out, "5"), "p");
  CHECK_THROWS_WITH_AS(run_in_pieces(pipeline, 3), doctest::Contains("id is at least 5: 4 of"), Error);
  std::shared_ptr<FileSystem> fs = local_file_system();
  CHECK(fs->info(out + "/parquet/manifest.json").kind == FileInfo::Kind::kMissing);
  CHECK(read_text(*fs, out + "/run.json").find("contract_violated") != std::string::npos);
}

TEST_CASE("what tasks keep of a table is one frame for others, joins included") {
  TemporaryFolder folder;
  write_events(folder.path() + "/events.csv");
  SourceSpec spec;
  spec.name = "events";
  spec.paths = {folder.path() + "/events.csv"};
  spec.on_error = OnError::kDrop;
  LazyFrame events = LazyFrame::scan(spec).with_step(parse_step("select: {id: id, word: word}"));
  LazyFrame words = events.with_step(parse_step("group_by: {keys: word, aggregates: {n: count()}}"));
  std::vector<std::string> files;
  for (const char* some : {"word < 'w3'", "word >= 'w3'", "word = 'none'"}) {
    LazyFrame part = words.with_step(parse_step(fmt::format("filter: \"{}\"", some)));
    KeptRows kept = keep_rows(part, fmt::format("{}/table-{}", folder.path(), files.size()), {}, RunContext());
    CHECK((kept.data_bytes > 0) == (files.size() < 2));
    files.push_back(kept.file);
  }
  Step join = parse_step("join: {right: words, on: word, how: left, validate: m:1}");
  auto joined = [&](const LazyFrame& right) {
    StreamedRows rows = collect_frame(events.with_step(join, std::array{right}), RunOptions());
    REQUIRE(rows.batches.size() == 1);
    std::map<std::int64_t, std::int64_t> counts;
    std::span<const std::int64_t> ids = rows.batches[0].columns[0].values<std::int64_t>();
    std::span<const std::int64_t> found = rows.batches[0].columns[2].values<std::int64_t>();
    for (std::size_t i = 0; i < ids.size(); ++i) counts[ids[i]] = found[i];
    return counts;
  };
  CHECK(joined(kept_rows("table", files, {})) == joined(words));
  CHECK(joined(words).size() > 4000);

  local_file_system()->put(folder.path() + "/table-1.arrow", "something else");
  CHECK_THROWS_WITH_AS(kept_rows("table", files, {}), doctest::Contains("is gone or has changed"), Error);
}

TEST_CASE("rows that were kept and have changed are refused") {
  TemporaryFolder folder;
  std::string path = folder.path() + "/rows.arrow";
  local_file_system()->put(path, "nothing of the kind");
  std::vector<SpoolFile> files = {{path, 10, 12345}};
  Schema schema({{"a", TypeKind::kInt64, true}});
  CHECK_THROWS_WITH_AS(read_spool(files, schema, 0, 10, local_file_system(), RunContext(), [](const Batch&) {}),
                       doctest::Contains("is gone or has changed"), Error);
}

}  // namespace headrace
