// Data sets that several runs wrote: what joins, what takes whose place, what is refused.
#include "headrace/io/data_set/extend_manifest.h"

#include <algorithm>
#include <filesystem>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/column/column_builder.h"
#include "headrace/io/data_set/row_digest.h"
#include "headrace/io/fs/faulty_file_system.h"
#include "headrace/io/temporary_folder.h"

namespace headrace {
namespace {

Schema day_schema() { return Schema({{"day", TypeKind::kInt32}, {"n", TypeKind::kInt64, false}}); }

Manifest manifest_of(const std::string& run_id) {
  Manifest manifest;
  manifest.name = "days";
  manifest.format = "parquet";
  for (const Field& field : day_schema()) manifest.columns.push_back({field, "feature", {}, std::nullopt});
  manifest.partition_by = {"day"};
  manifest.fitted_state_digest = "state";
  manifest.sources = {{"raw", 1, 10, "xxh3:0000000000000000"}};
  manifest.run_id = run_id;
  manifest.created_at = "2013-11-01T00:00:00Z";
  manifest.headrace_version = "0.1.0";
  return manifest;
}

/// Rows of one day: its values of n.
struct Day {
  std::string part;
  int day;
  std::vector<std::int64_t> values;
};

void write_days(const std::shared_ptr<FileSystem>& fs, const std::string& path, const std::string& run_id,
                const std::vector<Day>& days, WriteMode mode, std::string state = "state") {
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
  DataSetWriter writer(fs, path, format_named("parquet"), day_schema(), {{}, {"day"}, mode}, run_id);
  Manifest manifest = manifest_of(run_id);
  manifest.fitted_state_digest = std::move(state);
  writer.check_extends(manifest);
  RowDigest all;
  manifest.columns[1].null_count = 0;
  for (const Day& day : days) {
    ColumnBuilder day_column(*memory, TypeKind::kInt32);
    ColumnBuilder n(*memory, TypeKind::kInt64);
    for (std::int64_t value : day.values) {
      day_column.append<std::int32_t>(day.day);
      n.append(value);
    }
    auto schema = std::make_shared<const Schema>(day_schema());
    Batch batch{schema, {}, n.length()};
    batch.columns.push_back(day_column.finish());
    batch.columns.push_back(n.finish());
    ShardPlace place{day.part, {std::to_string(day.day)}, 0, 1};
    std::unique_ptr<FileWriter> file = writer.shards().open_shard(place, *memory);
    file->write(batch);
    RowDigest digest;
    digest.add(batch);
    all.merge(digest);
    auto part = std::ranges::find(manifest.parts, day.part, &Part::name);
    if (part == manifest.parts.end()) part = manifest.parts.insert(part, {day.part, {}});
    part->shards.push_back({writer.shards().shard_file(place), file->finish(), place.partition, digest.to_string()});
    auto [least, greatest] = std::ranges::minmax(day.values);
    manifest.columns[1].min =
        Value::int64(std::min(least, manifest.columns[1].min.value_or(Value::int64(least)).as_int()));
    manifest.columns[1].max =
        Value::int64(std::max(greatest, manifest.columns[1].max.value_or(Value::int64(greatest)).as_int()));
  }
  manifest.row_digest = all.to_string();
  writer.publish(manifest);
}

/// "day:value" of all rows in order, proved by the digest.
std::vector<std::string> rows_of(const std::string& path) {
  std::shared_ptr<FileSystem> fs = local_file_system();
  Manifest manifest = require_manifest(*fs, path);
  std::unique_ptr<SourceReader> reader = open_source(data_set_source(manifest, path), {fs, MemoryBudget::create()});
  std::vector<std::string> rows;
  RowDigest digest;
  for (std::size_t split = 0; split < reader->split_count(); ++split) {
    std::unique_ptr<SplitStream> stream = reader->open_split(split, {{"day", "n"}, {}});
    Batch batch;
    while (stream->next(batch)) {
      digest.add(batch);
      for (std::int64_t row = 0; row < batch.row_count; ++row) {
        rows.push_back(format_cell(batch.columns[0], row) + ":" + format_cell(batch.columns[1], row));
      }
    }
  }
  CHECK(digest.to_string() == manifest.row_digest);
  CHECK(reader->row_count() == static_cast<std::int64_t>(rows.size()));
  return rows;
}

using Texts = std::vector<std::string>;

std::size_t file_count(const std::string& path) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    count += entry.path().extension() == ".parquet" ? 1 : 0;
  }
  return count;
}

}  // namespace

TEST_CASE("rows of a later run join the data set, in the order of partitions") {
  TemporaryFolder folder;
  const std::string& path = folder.path();
  std::shared_ptr<FileSystem> fs = local_file_system();
  write_days(fs, path, "r1", {{"all", 2, {20}}, {"all", 10, {100}}}, WriteMode::kAppend);
  CHECK(std::filesystem::is_symlink(path + "/current"));
  write_days(fs, path, "r2", {{"all", 1, {10}}, {"all", 2, {21}}}, WriteMode::kAppend);
  CHECK(rows_of(path) == Texts{"1:10", "2:20", "2:21", "10:100"});
  CHECK_FALSE(std::filesystem::exists(std::filesystem::symlink_status(path + "/current")));
  Manifest manifest = require_manifest(*fs, path);
  CHECK(manifest.run_id == "r2");
  CHECK(*manifest.columns[1].null_count == 0);
  CHECK(manifest.columns[1].min == Value::int64(10));
  CHECK(manifest.columns[1].max == Value::int64(100));
  REQUIRE(manifest.sources.size() == 2);
  CHECK(manifest.sources[0].run_id == "r1");
  CHECK(manifest.sources[1].run_id.empty());
  write_days(fs, path, "r3", {{"all", 3, {30}}}, WriteMode::kOverwrite);
  CHECK(rows_of(path) == Texts{"3:30"});
  CHECK(file_count(path) == 1);
  CHECK(std::filesystem::is_symlink(path + "/current"));
}

TEST_CASE("a partition's rows are replaced in every part, and others stay") {
  TemporaryFolder folder;
  const std::string& path = folder.path();
  std::shared_ptr<FileSystem> fs = local_file_system();
  write_days(fs, path, "r1", {{"train", 1, {10}}, {"train", 2, {20}}, {"eval", 2, {25}}, {"eval", 3, {35}}},
             WriteMode::kOverwrite);
  write_days(fs, path, "r2", {{"train", 2, {21, 22}}}, WriteMode::kOverwritePartitions);
  CHECK(rows_of(path) == Texts{"1:10", "2:21", "2:22", "3:35"});
  CHECK(file_count(path) == 3);
  CHECK_FALSE(std::filesystem::exists(path + "/data-r1/eval/day=2"));
  // The last rows of the first run go, and so does its folder and what is told of its sources.
  write_days(fs, path, "r3", {{"train", 1, {11}}, {"train", 3, {31}}}, WriteMode::kOverwritePartitions);
  CHECK(rows_of(path) == Texts{"1:11", "2:21", "2:22", "3:31"});
  CHECK_FALSE(std::filesystem::exists(path + "/data-r1"));
  Manifest manifest = require_manifest(*fs, path);
  REQUIRE(manifest.sources.size() == 2);
  CHECK(manifest.sources[0].run_id == "r2");
}

TEST_CASE("rows that mean something else do not join") {
  TemporaryFolder folder;
  std::shared_ptr<FileSystem> fs = local_file_system();
  write_days(fs, folder.path(), "r1", {{"all", 1, {10}}}, WriteMode::kAppend);
  CHECK_THROWS_WITH_AS(write_days(fs, folder.path(), "r2", {{"all", 2, {20}}}, WriteMode::kAppend, "other"),
                       doctest::Contains("fitted on other rows"), Error);
  CHECK(rows_of(folder.path()) == Texts{"1:10"});
  Manifest old = manifest_of("a");
  auto refusal = [&](auto change) {
    Manifest added = manifest_of("b");
    change(added);
    try {
      check_extends(old, added, "out");
    } catch (const Error& error) {
      return error.message();
    }
    return std::string("none");
  };
  CHECK(refusal([](Manifest&) {}) == "none");
  CHECK(refusal([](Manifest& m) { m.format = "arrow"; }).ends_with("it is parquet, they are arrow"));
  CHECK(refusal([](Manifest& m) { m.partition_by.clear(); }).ends_with("it is partitioned by [day], they are by []"));
  CHECK(refusal([](Manifest& m) { m.columns.pop_back(); }).ends_with("its column 2 is 'n', theirs is missing"));
  CHECK(refusal([](Manifest& m) { m.columns[1].field.name = "m"; }).ends_with("its column 2 is 'n', theirs is 'm'"));
  CHECK(refusal([](Manifest& m) { m.columns.push_back(m.columns[0]); }).ends_with("it has no column 'day'"));
  CHECK(refusal([](Manifest& m) {
          m.columns[1].id_count = 7;
        }).ends_with("its column 'n' is int64 (feature), theirs is int64 (feature) of 7 ids"));
}

TEST_CASE("whatever operation fails while a partition is replaced, a reader sees the old rows or the new ones") {
  std::vector<Day> before = {{"all", 1, {10}}, {"all", 2, {20}}};
  std::vector<Day> after = {{"all", 2, {21}}};
  for (std::int64_t operation = 1;; ++operation) {
    TemporaryFolder folder;
    write_days(local_file_system(), folder.path(), "r1", before, WriteMode::kOverwrite);
    auto faulty = std::make_shared<FaultyFileSystem>(local_file_system(), Fault{operation, EIO, true});
    try {
      write_days(faulty, folder.path(), "r2", after, WriteMode::kOverwritePartitions);
    } catch (const Error&) {
    }
    Texts rows = rows_of(folder.path());
    CAPTURE(operation);
    CHECK((rows == Texts{"1:10", "2:20"} || rows == Texts{"1:10", "2:21"}));
    write_days(local_file_system(), folder.path(), "r3", after, WriteMode::kOverwritePartitions);
    CHECK(rows_of(folder.path()) == Texts{"1:10", "2:21"});
    CHECK(file_count(folder.path()) == 2);
    if (!faulty->has_failed()) break;
  }
}

TEST_CASE("manifests with partitions read back as written; values that are none are refused") {
  Manifest manifest = manifest_of("r");
  Shard shard{"data-r/day=1/a.parquet", {1, 10, "xxh3:0000000000000000"}, {"1"}, "xxh3sum:" + std::string(32, '0')};
  Shard null_shard{"data-r/day=__HIVE_DEFAULT_PARTITION__/a.parquet",
                   {1, 10, "xxh3:0000000000000000"},
                   {std::nullopt},
                   "xxh3sum:" + std::string(32, '1')};
  manifest.parts = {{"all", {shard, null_shard}}};
  manifest.row_digest = shard.row_digest;
  manifest.sources[0].run_id = "earlier";
  std::string text = manifest.to_json();
  Manifest read = Manifest::from_json(text, "m");
  CHECK(read.to_json() == text);
  CHECK(read.partition_by == std::vector<std::string>{"day"});
  CHECK(read.parts[0].shards[0].partition == PartitionValues{"1"});
  CHECK(read.parts[0].shards[1].partition == PartitionValues{std::nullopt});
  CHECK(read.sources[0].run_id == "earlier");
  auto refusal = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    changed.replace(changed.find(from), from.size(), to);
    try {
      Manifest::from_json(changed, "m");
    } catch (const Error& error) {
      return error.message();
    }
    return std::string("none");
  };
  CHECK(refusal("\"day\": \"1\"", "\"day\": \"x\"").ends_with("partition.day: 'x' is no int32"));
  CHECK(refusal("\"day\": \"1\"", "\"dya\": \"1\"").ends_with("partition.day: the key is missing"));
  CHECK(refusal("\"day\": \"1\"", "\"day\": \"1\", \"n\": \"1\"").find("other columns") != std::string::npos);
  CHECK(refusal("\"partition_by\": [\n    \"day\"", "\"partition_by\": [\n    \"no\"").find("no column") !=
        std::string::npos);
  for (const char* file : {"data-r/day=../a.parquet", "data-r/..=1/a.parquet", "data-r/day=%2f/a.parquet",
                           "data-r/day=a*/a.parquet", "data-r/=1/a.parquet"}) {
    CAPTURE(file);
    std::string refused = refusal("data-r/day=1/a.parquet", file);
    bool is_harmless =
        std::string(file).find("..") != std::string::npos;  // such a folder's name has other letters, too
    CHECK((refused == "none") == is_harmless);
  }
}

}  // namespace headrace
