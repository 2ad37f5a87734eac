// Data sets: manifests good and hostile, publishing under every failure, locks, leftovers, the digest of rows.
#include "headrace/io/data_set/data_set.h"

#include <filesystem>
#include <numeric>
#include <set>

#include <doctest/doctest.h>

#include "headrace/base/error.h"
#include "headrace/io/binary_format_test_table.h"
#include "headrace/io/data_set/row_digest.h"
#include "headrace/io/fs/faulty_file_system.h"
#include "headrace/io/temporary_folder.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

std::shared_ptr<MemoryBudget> memory() {
  static std::shared_ptr<MemoryBudget> budget = MemoryBudget::create();
  return budget;
}

Schema small_schema() { return Schema({{"id", TypeKind::kInt64, false}, {"name", TypeKind::kString}}); }

Manifest empty_manifest(const std::string& run_id) {
  Manifest manifest;
  manifest.name = "flights";
  manifest.format = "parquet";
  for (const Field& field : small_schema()) {
    manifest.columns.push_back({field, field.name == "id" ? "label" : "feature", {}, std::nullopt});
  }
  manifest.columns[1].id_count = 40;
  manifest.columns[1].shape = {-1};
  manifest.run_id = run_id;
  manifest.created_at = "2013-11-01T00:00:00Z";
  manifest.headrace_version = "0.1.0";
  return manifest;
}

/// Writes a data set of two parts, `row_count` rows each.
void write_data_set(const std::shared_ptr<FileSystem>& fs, const std::string& path, const std::string& run_id,
                    std::int64_t row_count, bool publishes = true) {
  DataSetWriter writer(fs, path, format_named("parquet"), small_schema(), {}, run_id);
  Manifest manifest = empty_manifest(run_id);
  RowDigest digest;
  for (const char* part_name : {"train", "eval"}) {
    Part part{part_name, {}};
    for (std::size_t i = 0; i < 2; ++i) {
      std::unique_ptr<FileWriter> shard = writer.shards().open_shard({part_name, {}, i, 2}, *memory());
      Batch batch = sample_batch(small_schema(), row_count, *memory());
      digest.add(batch);
      shard->write(batch);
      part.shards.push_back({writer.shards().shard_file({part_name, {}, i, 2}), shard->finish()});
    }
    manifest.parts.push_back(part);
  }
  manifest.row_digest = digest.to_string();
  if (publishes) writer.publish(manifest);
}

/// Rows of the data set at `path`, read whole and proved by its digest; -1 when there is none.
std::int64_t rows_of_data_set(const std::string& path) {
  std::shared_ptr<FileSystem> fs = local_file_system();
  std::optional<Manifest> manifest = read_manifest(*fs, path);
  if (!manifest) return -1;
  RowDigest digest;
  std::int64_t rows = 0;
  std::unique_ptr<SourceReader> reader = open_source(data_set_source(*manifest, path), {fs, memory()});
  for (std::size_t i = 0; i < reader->split_count(); ++i) {
    std::unique_ptr<SplitStream> stream = reader->open_split(i, {reader->schema().names(), {}});
    Batch batch;
    while (stream->next(batch)) {
      digest.add(batch);
      rows += batch.row_count;
    }
  }
  CHECK(digest.to_string() == manifest->row_digest);
  return rows;
}

std::set<std::string> names_in(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

}  // namespace

TEST_CASE("a manifest reads back as written, with its keys in a fixed order") {
  Manifest manifest = empty_manifest("r1");
  manifest.parts = {{"train", {{"data-r1/train/part-00000-of-00001.parquet", {7, 99, "xxh3:0123456789abcdef"}}}},
                    {"eval", {}}};
  manifest.row_digest = "xxh3sum:" + std::string(32, 'a');
  manifest.columns[0].null_count = 3;
  manifest.columns[0].min = Value::int64(-5);
  manifest.columns[0].max = Value::float64(std::numeric_limits<double>::infinity());
  manifest.sources = {{"flights", 2, 1000, "xxh3:0123456789abcdef"}};
  std::string text = manifest.to_json();
  Manifest back = Manifest::from_json(text, "m");
  CHECK(back.to_json() == text);
  CHECK(back.parts[0].row_count() == 7);
  CHECK(back.columns[1].id_count == 40);
  CHECK(back.columns[0].null_count == 3);
  CHECK(back.columns[0].min == Value::int64(-5));
  CHECK_FALSE(back.columns[1].max);
  CHECK(back.sources.at(0).size_bytes == 1000);
  CHECK(back.columns[0].field == small_schema()[0]);
  CHECK(text.find("\"headrace_manifest\": 1") < text.find("\"name\""));
}

TEST_CASE("a manifest that is not valid is refused, and the message says where") {
  Manifest manifest = empty_manifest("r1");
  manifest.parts = {{"train", {{"data-r1/a.parquet", {7, 99, "xxh3:0123456789abcdef"}}}}};
  std::string good = manifest.to_json();
  struct Change {
    const char* from;
    const char* to;
    const char* message;
  };
  const Change changes[] = {
      {"\"headrace_manifest\": 1", "\"headrace_manifest\": 2", "it is of version 2"},
      {"\"headrace_manifest\": 1", "\"other\": 1", "it is no manifest"},
      {"data-r1/a.parquet", "/etc/passwd", "parts[0].shards[0].file: '/etc/passwd' is no name"},
      {"data-r1/a.parquet", "data-r1/../../x", "parts[0].shards[0].file"},
      {"data-r1/a.parquet", "..", "parts[0].shards[0].file"},
      {"data-r1/a.parquet", "data-r1//a", "parts[0].shards[0].file"},
      {"data-r1/a.parquet", "data-r1/", "parts[0].shards[0].file"},
      {"data-r1/a.parquet", "data-*/a", "parts[0].shards[0].file"},
      {"data-r1/a.parquet", "data-r1\\\\a", "parts[0].shards[0].file"},
      {"data-r1/a.parquet", "data-r1/a\\u0000b", "parts[0].shards[0].file"},
      {"data-r1/a.parquet", "", "parts[0].shards[0].file"},
      {"\"bytes\": 99", "\"bytes\": -1", "parts[0].shards[0].bytes: a whole number of at least 0 is wanted"},
      {"\"bytes\": 99", "\"bytes\": 1.5", "parts[0].shards[0].bytes"},
      {"\"bytes\": 99", "\"bytes\": 18446744073709551615", "parts[0].shards[0].bytes"},
      {"\"bytes\": 99", "\"bytes\": 99, \"bytes\": 98", "occurs twice"},
      {"\"bytes\": 99", "\"bytse\": 99", "parts[0].shards[0].'bytse': an unknown key"},
      {"\"rows\": 7", "\"rows\": 8", "parts[0].rows: 8 are said, the shards have 7"},
      {"\"type\": \"int64\"", "\"type\": \"int65\"", "columns[0].type: 'int65' is no type"},
      {"\"type\": \"int64\"", "\"type\": \"null\"", "columns[0].type"},
      {"\"role\": \"label\"", "\"role\": \"lable\"", "columns[0].role"},
      {"\"name\": \"name\"", "\"name\": \"id\"", "'id' is named twice"},
      {"\"nullable\": true", "\"nullable\": 1", "columns[1].nullable"},
      {"\"format\": \"parquet\"", "\"format\": \"pickle\"", "format: 'pickle' is no format"},
      {"xxh3:0123456789abcdef", "xxh3:0123456789ABCDEF", "checksum"},
      {"\"run_id\": \"r1\"", "\"run_id\": \"../r1\"", "run_id"},
      {"\"train\"", "\".train\"", "parts[0].name"},
  };
  for (const Change& change : changes) {
    std::string text = good;
    std::size_t at = text.find(change.from);
    REQUIRE(at != std::string::npos);
    text.replace(at, std::string_view(change.from).size(), change.to);
    // The first "rows" is the part's.
    CAPTURE(change.to);
    CHECK_THROWS_WITH_AS(Manifest::from_json(text, "x/manifest.json"), doctest::Contains(change.message), Error);
    CHECK_THROWS_WITH_AS(Manifest::from_json(text, "x/manifest.json"), doctest::Contains("x/manifest.json"), Error);
  }
  for (std::size_t size = 0; size + 2 < good.size(); ++size) {
    CHECK_THROWS_AS(Manifest::from_json(std::string_view(good).substr(0, size), "m"), Error);
  }
  CHECK_THROWS_WITH_AS(Manifest::from_json(std::string(200000, '['), "m"), doctest::Contains("too deep"), Error);
}

TEST_CASE("a data set is read by its manifest, whole or by part") {
  TemporaryFolder folder;
  std::string path = folder.file("new/out");
  CHECK(rows_of_data_set(folder.path()) == -1);
  write_data_set(local_file_system(), path, "r1", 10);
  CHECK(rows_of_data_set(path) == 40);
  Manifest manifest = *read_manifest(*local_file_system(), path);
  CHECK(data_set_source(manifest, path, "eval").paths ==
        std::vector<std::string>{path + "/data-r1/eval/part-00000-of-00002.parquet",
                                 path + "/data-r1/eval/part-00001-of-00002.parquet"});
  CHECK_THROWS_WITH_AS(data_set_source(manifest, path, "tarin"), doctest::Contains("did you mean 'train'"), Error);
  CHECK(names_in(path) == std::set<std::string>{"current", "data-r1", "manifest.json"});
}

TEST_CASE("a run that is not published leaves nothing, not even the folder") {
  TemporaryFolder folder;
  write_data_set(local_file_system(), folder.file("a/b"), "r1", 10, /*publishes=*/false);
  CHECK(names_in(folder.path()).empty());
}

TEST_CASE("publishing again replaces the data set and removes the old shards") {
  TemporaryFolder folder;
  write_data_set(local_file_system(), folder.path(), "r1", 10);
  write_data_set(local_file_system(), folder.path(), "r2", 20, /*publishes=*/false);
  CHECK(rows_of_data_set(folder.path()) == 40);
  write_data_set(local_file_system(), folder.path(), "r3", 30);
  CHECK(rows_of_data_set(folder.path()) == 120);
  CHECK(names_in(folder.path()) == std::set<std::string>{"current", "data-r3", "manifest.json"});
  CHECK_THROWS_WITH_AS(write_data_set(local_file_system(), folder.path(), "r3", 1), doctest::Contains("already"),
                       Error);
  CHECK(rows_of_data_set(folder.path()) == 120);
}

TEST_CASE("two runs cannot write one data set at once") {
  TemporaryFolder folder;
  {
    DataSetWriter first(local_file_system(), folder.path(), format_named("parquet"), small_schema(), {}, "r1");
    CHECK_THROWS_WITH_AS(write_data_set(local_file_system(), folder.path(), "r2", 1),
                         doctest::Contains("another run is writing"), Error);
  }
  write_data_set(local_file_system(), folder.path(), "r2", 1);
  CHECK(rows_of_data_set(folder.path()) == 4);
}

TEST_CASE("leftovers of dead runs are removed, a user's own folders are not") {
  TemporaryFolder folder;
  folder.write("data-dead/.headrace-run", "dead\n");
  folder.write("data-dead/train/part-00000-of-00001.parquet", "half");
  folder.write("data-mine/x.csv", "a,b\n");
  folder.write(".manifest.json.12-3.tmp", "{");
  folder.write("notes.txt", "hello");
  write_data_set(local_file_system(), folder.path(), "r1", 1);
  CHECK(names_in(folder.path()) ==
        std::set<std::string>{"current", "data-mine", "data-r1", "manifest.json", "notes.txt"});
}

TEST_CASE("something called current that is a user's is left alone, a copied run is a link again") {
  TemporaryFolder folder;
  folder.write("current/notes.txt", "hello");
  write_data_set(local_file_system(), folder.path(), "r1", 1);
  CHECK(names_in(folder.path()) == std::set<std::string>{"current", "data-r1", "manifest.json"});
  CHECK(names_in(folder.file("current")) == std::set<std::string>{"notes.txt"});
  std::filesystem::remove_all(folder.file("current"));
  std::filesystem::copy(folder.file("data-r1"), folder.file("current"), std::filesystem::copy_options::recursive);
  write_data_set(local_file_system(), folder.path(), "r2", 2);
  CHECK(std::filesystem::read_symlink(folder.file("current")) == "data-r2");
  CHECK(rows_of_data_set(folder.path()) == 8);
}

TEST_CASE("a link that cannot be made leads to the old run, which stays until the next one") {
  class NoLinks : public FaultyFileSystem {
   public:
    using FaultyFileSystem::FaultyFileSystem;
    bool link(const std::string& path, const std::string&) override {
      if (++link_count > 1) throw Error(ErrorCode::kIo, "cannot link " + path);
      return true;
    }
    int link_count = 0;
  };
  TemporaryFolder folder;
  write_data_set(local_file_system(), folder.path(), "old", 1);
  write_data_set(std::make_shared<NoLinks>(local_file_system(), Fault{}), folder.path(), "new", 2);
  CHECK(rows_of_data_set(folder.path()) == 8);
  CHECK(names_in(folder.path()) == std::set<std::string>{"current", "data-new", "data-old", "manifest.json"});
  CHECK(std::filesystem::read_symlink(folder.file("current")) == "data-old");
  write_data_set(local_file_system(), folder.path(), "newest", 1);
  CHECK(names_in(folder.path()) == std::set<std::string>{"current", "data-newest", "manifest.json"});
}

TEST_CASE("the shards of the part of all rows lie in the run's folder") {
  TemporaryFolder folder;
  DataSetWriter writer(local_file_system(), folder.path(), format_named("tfrecord"), small_schema(), {}, "r1");
  CHECK(writer.shards().shard_file({"all", {}, 1, 3}) == "data-r1/part-00001-of-00003.tfrecord");
  CHECK(writer.shards().shard_file({"train", {}, 1, 3}) == "data-r1/train/part-00001-of-00003.tfrecord");
}

TEST_CASE("a foreign manifest.json is never overwritten") {
  TemporaryFolder folder;
  folder.write("manifest.json", "{\"name\": \"a web app\"}");
  CHECK_THROWS_WITH_AS(write_data_set(local_file_system(), folder.path(), "r1", 1),
                       doctest::Contains("it is no manifest"), Error);
  CHECK(names_in(folder.path()) == std::set<std::string>{"manifest.json"});
}

TEST_CASE("whatever operation fails, a reader sees the old data set or the new one, whole") {
  TemporaryFolder old;
  write_data_set(local_file_system(), old.path(), "old", 10);
  std::int64_t n = 1;
  for (;; ++n) {
    TemporaryFolder folder;
    std::filesystem::copy(old.path(), folder.path(),
                          std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
    auto fs = std::make_shared<FaultyFileSystem>(local_file_system(), Fault{n, ENOSPC, /*writes_half=*/true});
    bool failed = false;
    try {
      write_data_set(fs, folder.path(), "new", 20);
    } catch (const Error& error) {
      failed = true;
      CHECK(error.code() == ErrorCode::kIo);
    }
    CHECK(rows_of_data_set(folder.path()) == (failed ? 40 : 80));
    // The next run removes what a failure in the midst of cleaning up left behind.
    {
      DataSetWriter next(local_file_system(), folder.path(), format_named("parquet"), small_schema(), {}, "next");
    }
    CHECK(names_in(folder.path()) ==
          std::set<std::string>{"current", failed ? "data-old" : "data-new", "manifest.json"});
    CHECK(std::filesystem::read_symlink(folder.file("current")) == (failed ? "data-old" : "data-new"));
    if (!fs->has_failed()) break;
  }
  CHECK(n > 20);
}

TEST_CASE("a manifest that became visible although its write failed keeps its files") {
  class LatePut : public FaultyFileSystem {
   public:
    using FaultyFileSystem::FaultyFileSystem;
    void put(const std::string& path, std::string_view bytes) override {
      FaultyFileSystem::put(path, bytes);
      if (path.ends_with("manifest.json")) throw Error(ErrorCode::kIo, "cannot sync folder");
    }
  };
  TemporaryFolder folder;
  auto fs = std::make_shared<LatePut>(local_file_system(), Fault{});
  CHECK_THROWS_AS(write_data_set(fs, folder.file("out"), "r1", 5), Error);
  CHECK(rows_of_data_set(folder.file("out")) == 20);
}

TEST_CASE("a digest of rows depends on the rows, not on their order or cuts") {
  Schema schema = schema_of_types({TypeKind::kInt8, TypeKind::kFloat64, TypeKind::kString, Type::decimal(20, 3),
                                   Type::list(TypeKind::kInt64), Type::fixed_size_list(TypeKind::kFloat32, 2),
                                   Type::structure({{"a", TypeKind::kString}, {"b", TypeKind::kBool}})});
  Batch batch = sample_batch(schema, 3000, *memory());
  RowDigest whole;
  whole.add(batch);
  RowDigest parts;
  RowDigest tail;
  parts.add(batch.slice(1500, 700));
  parts.add(batch.slice(0, 1500));
  tail.add(batch.slice(2200, 800));
  parts.merge(tail);
  CHECK(parts == whole);
  CHECK(whole.to_string().starts_with("xxh3sum:"));
  CHECK(whole.to_string().size() == 40);
  RowDigest fewer;
  fewer.add(batch.slice(0, 2999));
  CHECK_FALSE(fewer == whole);
  // A row twice is not a row never.
  RowDigest twice;
  twice.add(batch.slice(0, 1));
  twice.add(batch.slice(0, 1));
  CHECK_FALSE(twice == RowDigest());
}

TEST_CASE("a digest of known rows has known bytes") {
  ColumnBuilder ids(*memory(), TypeKind::kInt64);
  ids.append<std::int64_t>(1);
  ids.append_null();
  Batch batch{nullptr, {ids.finish()}, 2};
  RowDigest digest;
  digest.add(batch);
  // By the Python package xxhash, as docs/formats/manifest.md says.
  CHECK(digest.to_string() == "xxh3sum:bf74ff30eb7aeb22534744a360f646c8");

  ColumnBuilder list(*memory(), Type::list(TypeKind::kFloat32));
  list.child(0).append(0.5F);
  list.child(0).append(-std::numeric_limits<float>::quiet_NaN());
  list.append_list_end();
  ColumnBuilder text(*memory(), TypeKind::kString);
  text.append_string("a");
  RowDigest mixed;
  mixed.add({nullptr, {batch.columns[0].slice(0, 1), text.finish(), list.finish()}, 1});
  CHECK(mixed.to_string() == "xxh3sum:887a5474a74ab4f5f9980756822f9f3e");
}

TEST_CASE("a digest of rows does not depend on the layout of columns") {
  Schema schema = schema_of_types({TypeKind::kInt8, TypeKind::kFloat64, TypeKind::kString, Type::decimal(20, 3),
                                   Type::list(TypeKind::kString), Type::fixed_size_list(TypeKind::kFloat32, 2),
                                   Type::structure({{"a", TypeKind::kString}, {"b", TypeKind::kBool}})});
  for (std::int64_t dictionary_rows : {10, 5000}) {
    Batch values = sample_batch(schema, dictionary_rows, *memory());
    std::shared_ptr<Buffer> codes = Buffer::allocate(*memory(), 5000 * sizeof(std::int32_t));
    for (std::int32_t i = 0; i < 5000; ++i) {
      codes->mutable_as<std::int32_t>()[i] = i % 11 == 4 ? -1 : static_cast<std::int32_t>(i * 7 % dictionary_rows);
    }
    Batch coded{values.schema, {}, 3000};
    for (const Column& column : values.columns) {
      auto dictionary = std::make_shared<const Column>(column);
      // Codes of codes, too.
      if (coded.columns.size() % 3 == 0) {
        dictionary = std::make_shared<const Column>(Column::dictionary(dictionary_rows, codes, dictionary));
      }
      coded.columns.push_back(Column::dictionary(3000, codes, dictionary));
    }
    RowDigest by_codes;
    by_codes.add(coded.slice(17, 2900));
    RowDigest by_values;
    by_values.add(flatten(*memory(), coded.slice(17, 2900)));
    CHECK(by_codes == by_values);
    // Looked up by code: not for the few rows of the first slice when the dictionary is large, but for the later ones.
    DictionarySums sums(*memory());
    auto flat = [](const Column& column) { return flatten(*memory(), column); };
    RowDigest by_sums;
    by_sums.add(coded.slice(17, 100), sums, flat);
    by_sums.add(coded.slice(117, 2700), sums, flat);
    by_sums.add(coded.slice(2817, 100), sums, flat);
    CHECK(by_sums == by_values);
  }
}

TEST_CASE("a digest of rows needs no memory for the sums of dictionaries") {
  auto budget = MemoryBudget::create(1 << 20);
  Schema schema = schema_of_types({TypeKind::kInt64, TypeKind::kFloat64});
  Batch values = sample_batch(schema, 3000, *memory());
  std::shared_ptr<Buffer> codes = Buffer::allocate(*memory(), 3000 * sizeof(std::int32_t));
  std::iota(codes->mutable_as<std::int32_t>(), codes->mutable_as<std::int32_t>() + 3000, 0);
  Batch coded{values.schema, {}, 3000};
  for (const Column& column : values.columns) {
    coded.columns.push_back(Column::dictionary(3000, codes, std::make_shared<const Column>(column)));
  }
  RowDigest expected;
  expected.add(values);
  Reservation others(*budget, (1 << 20) - 1000, "others");
  DictionarySums sums(*budget);
  RowDigest digest;
  digest.add(coded, sums, [](const Column& column) { return flatten(*memory(), column); });
  CHECK(digest == expected);
  CHECK(sums.find({{0}, {coded.columns[0].dictionary()}}, 3000).of_values == nullptr);
  others.resize(0, "others");
  CHECK(sums.find({{1}, {coded.columns[1].dictionary()}}, 3000).of_values != nullptr);
}

}  // namespace headrace
