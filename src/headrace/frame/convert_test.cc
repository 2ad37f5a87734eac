// Data sets written again in other formats, proved, and cleaned.
#include "headrace/frame/convert.h"

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/frame/verify.h"
#include "headrace/io/temporary_folder.h"

namespace headrace {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// A folder with rows as CSV and, made of them, data sets.
struct Rows {
  TemporaryFolder folder;
  std::string csv;

  explicit Rows(int count = 1000) {
    std::string text = "id,name,score\n";
    for (int i = 0; i < count; ++i) {
      text += fmt::format("{},{},{}\n", i, i % 9 == 4 ? "" : fmt::format("name {}", i % 13), i * 7 % 5);
    }
    csv = folder.write("rows.csv", text);
  }

  Conversion make(const std::string& name, ConvertOptions options, const std::string& from = "") const {
    return convert(from.empty() ? csv : folder.file(from), folder.file(name), options);
  }
  Verification verify(const std::string& name) const {
    return verify_data_set(folder.file(name), local_file_system(), RunContext());
  }
  std::string shard(const Conversion& conversion, std::size_t index) const {
    return conversion.target + "/" + conversion.manifest.parts.at(0).shards.at(index).file;
  }
};

ConvertOptions to_format(const std::string& format, std::int64_t shards = 3) {
  ConvertOptions options;
  options.format = format;
  options.layout.shards = shards;
  return options;
}

}  // namespace

TEST_CASE("rows go from format to format and stay what they are") {
  Rows rows;
  std::string digest = rows.make("a", to_format("parquet")).manifest.row_digest;
  Conversion records = rows.make("b", to_format("tfrecord", 4), "a");
  Conversion back = rows.make("c", to_format("parquet", 1), "b");
  CHECK(records.manifest.row_digest == digest);
  CHECK(back.manifest.row_digest == digest);
  CHECK(back.manifest.parts[0].row_count() == 1000);
  for (const Shard& shard : records.manifest.parts[0].shards) CHECK(shard.summary.row_count == 250);
  CHECK(back.manifest.columns[1].field.type == Type(TypeKind::kString));
  for (const char* name : {"a", "b", "c"}) {
    Verification verification = rows.verify(name);
    CHECK_MESSAGE(verification.is_good(), verification.to_text());
    CHECK(verification.row_count == 1000);
    CHECK(verification.row_digest == digest);
  }
}

TEST_CASE("shards have the same bytes for any number of threads and any memory") {
  Rows rows(60000);
  std::vector<std::string> expected;
  for (std::size_t threads : {1, 4}) {
    for (std::size_t bytes : {MemoryBudget::kUnlimited, std::size_t{24} << 20}) {
      ConvertOptions options = to_format("tfrecord");
      options.context.thread_count = threads;
      options.context.memory = MemoryBudget::create(bytes);
      Conversion made = rows.make(fmt::format("t{}-{}", threads, bytes), options);
      std::vector<std::string> checksums;
      for (const Shard& shard : made.manifest.parts[0].shards) checksums.push_back(shard.summary.checksum);
      if (expected.empty()) expected = checksums;
      CHECK(checksums == expected);
    }
  }
}

TEST_CASE("any byte that changes in a shard is found, and its file is named") {
  Rows rows(50);
  for (const char* format : {"parquet", "tfrecord"}) {
    Conversion made = rows.make(format, to_format(format, 2));
    std::string path = rows.shard(made, 1);
    std::string good = read_file(path);
    for (std::size_t at = 0; at < good.size(); at += 37) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ 0x10);
      write_file(path, bad);
      Verification verification = rows.verify(format);
      REQUIRE_FALSE(verification.is_good());
      CHECK(verification.problems[0].file == made.manifest.parts[0].shards[1].file);
      CHECK(verification.problems[0].what.find("checksum") != std::string::npos);
    }
    write_file(path, good.substr(0, good.size() - 1));
    CHECK(rows.verify(format).problems[0].what.find("bytes, the manifest says") != std::string::npos);
    std::filesystem::remove(path);
    CHECK(rows.verify(format).problems[0].what.find("cannot open") != std::string::npos);
    write_file(path, good);
    CHECK(rows.verify(format).is_good());
  }
}

TEST_CASE("a manifest that says another digest, or another count, is found out") {
  Rows rows(50);
  Conversion made = rows.make("a", to_format("tfrecord", 1));
  Manifest manifest = made.manifest;
  manifest.row_digest = "xxh3sum:" + std::string(32, '0');
  write_file(made.target + "/manifest.json", manifest.to_json());
  Verification verification = rows.verify("a");
  REQUIRE(verification.problems.size() == 1);
  CHECK(verification.problems[0].file.empty());
  CHECK(verification.to_text().find("digest") != std::string::npos);
  CHECK_THROWS_WITH_AS(rows.make("b", to_format("parquet"), "a"), doctest::Contains("headrace verify"), Error);
  CHECK_FALSE(std::filesystem::exists(rows.folder.file("b")));

  manifest = made.manifest;
  manifest.parts[0].shards[0].summary.row_count = 49;
  write_file(made.target + "/manifest.json", manifest.to_json());
  CHECK(rows.verify("a").problems.at(0).what == "it has 50 rows, the manifest says 49");
}

TEST_CASE("rows that cannot be read are an error, or dropped and counted") {
  Rows rows(10);
  write_file(rows.csv, "id,score\n1,2\n2,3,4\n5,6\n");
  CHECK_THROWS_AS(rows.make("a", to_format("parquet")), Error);
  ConvertOptions options = to_format("parquet");
  options.on_error = OnError::kDrop;
  Conversion made = rows.make("a", options);
  CHECK(made.counts.rows_dropped == 1);
  CHECK(made.manifest.parts[0].row_count() == 2);
  CHECK(made.to_text().find("dropped: 1 rows") != std::string::npos);
}

TEST_CASE("an index is refused where the format has none") {
  Rows rows(10);
  ConvertOptions options = to_format("parquet");
  options.writer.index = true;
  CHECK_THROWS_WITH_AS(rows.make("a", options), doctest::Contains("format parquet have no index"), Error);
  CHECK_FALSE(std::filesystem::exists(rows.folder.file("a")));
}

TEST_CASE("one part of a data set is converted by name") {
  Rows rows(10);
  rows.make("a", to_format("parquet"));
  ConvertOptions options = to_format("tfrecord");
  options.part = "all";
  CHECK(rows.make("b", options, "a").manifest.parts.size() == 1);
  options.part = "al";
  CHECK_THROWS_WITH_AS(rows.make("c", options, "a"), doctest::Contains("did you mean 'all'"), Error);
  CHECK_THROWS_WITH_AS(rows.make("c", options), doctest::Contains("is no data set"), Error);
}

TEST_CASE("the first rows of a part alone are converted, in memory or spilled") {
  Rows rows(50000);
  ConvertOptions head = to_format("parquet", 1);
  head.rows = 20001;
  Conversion first = rows.make("a", head);
  CHECK(first.manifest.row_count() == 20001);
  CHECK(first.manifest.columns[0].max == Value::int64(20000));
  rows.make("all", to_format("parquet"));
  head.context.memory = MemoryBudget::create(std::size_t{24} << 20);
  CHECK(rows.make("b", head, "all").manifest.row_digest == first.manifest.row_digest);
  head.rows = 60000;
  CHECK(rows.make("c", head, "all").manifest.row_count() == 50000);
  head.rows = 0;
  CHECK(rows.make("d", head, "all").manifest.row_count() == 0);
}

TEST_CASE("Parquet can be written again so that Petastorm reads it, and no other format") {
  Rows rows(10);
  ConvertOptions options = to_format("parquet", 2);
  options.writer.petastorm = true;
  Conversion made = rows.make("a", options);
  CHECK(std::filesystem::exists(made.target + "/data-" + made.manifest.run_id + "/_common_metadata"));
  CHECK(rows.verify("a").is_good());
  for (const char* format : {"tfrecord", "arrow", "mds"}) {
    options.format = format;
    CHECK_THROWS_WITH_AS(rows.make("b", options), doctest::Contains("Petastorm reads no files"), Error);
  }
}

TEST_CASE("rows are shuffled the same way for any threads and memory, and another way by another seed") {
  Rows rows(20000);
  Conversion in_order = rows.make("a", to_format("parquet"));
  auto shuffled = [&](const std::string& name, std::uint64_t seed, std::size_t threads, std::size_t bytes) {
    ConvertOptions options = to_format("tfrecord");
    options.layout.order.shuffle = seed;
    options.context.thread_count = threads;
    options.context.memory = MemoryBudget::create(bytes);
    Conversion made = rows.make(name, options, "a");
    CHECK(made.manifest.row_digest == in_order.manifest.row_digest);
    CHECK(rows.verify(name).is_good());
    return made.manifest.parts[0].shards[0].summary.checksum;
  };
  std::string expected = shuffled("b", 1, 1, MemoryBudget::kUnlimited);
  CHECK(shuffled("c", 1, 4, MemoryBudget::kUnlimited) == expected);
  CHECK(shuffled("d", 1, 2, 24 << 20) == expected);
  CHECK(shuffled("e", 2, 2, MemoryBudget::kUnlimited) != expected);
}

TEST_CASE("a manifest tells bounds of the columns, and where the rows come from") {
  Rows rows(100);
  Conversion made = rows.make("a", to_format("parquet"));
  const Manifest& manifest = made.manifest;
  CHECK(manifest.columns[0].null_count == 0);
  CHECK(manifest.columns[0].max == Value::int64(99));
  CHECK(manifest.columns[1].null_count == 11);
  CHECK(manifest.columns[2].min == Value::int64(0));
  REQUIRE(manifest.sources.size() == 1);
  CHECK(manifest.sources[0].file_count == 1);
  CHECK(manifest.sources[0].size_bytes == static_cast<std::int64_t>(std::filesystem::file_size(rows.csv)));
  // The lineage of a converted data set is that of its source.
  CHECK(rows.make("b", to_format("tfrecord"), "a").manifest.sources[0].digest == manifest.sources[0].digest);
  std::string text = read_file(rows.csv);
  text[text.size() - 2] = '4';
  write_file(rows.csv, text);
  CHECK(rows.make("c", to_format("parquet")).manifest.sources[0].digest != manifest.sources[0].digest);
}

TEST_CASE("what dead runs left is found and removed, but not while a run writes") {
  Rows rows(10);
  Conversion made = rows.make("a", to_format("parquet"));
  rows.folder.write("a/data-dead/.headrace-run", "dead\n");
  rows.folder.write("a/data-dead/all/part-00000-of-00001.parquet", "half");
  rows.folder.write("a/data-mine/x.csv", "a,b\n");
  std::vector<std::string> expected = {made.target + "/data-dead"};
  std::shared_ptr<FileSystem> fs = local_file_system();
  CHECK(clean_data_set(*fs, made.target, Cleaning::kLook) == expected);
  CHECK(std::filesystem::exists(expected[0]));
  {
    DataSetWriter other(fs, made.target, format_named("parquet"), Schema({{"x", TypeKind::kInt64}}), {}, "r2");
    CHECK_THROWS_WITH_AS(clean_data_set(*fs, made.target, Cleaning::kUnderLock),
                         doctest::Contains("another run is writing"), Error);
  }
  rows.folder.write("a/data-dead/.headrace-run", "dead\n");
  CHECK(clean_data_set(*fs, made.target, Cleaning::kUnderLock) == expected);
  CHECK(clean_data_set(*fs, made.target, Cleaning::kUnderLock).empty());
  CHECK(std::filesystem::exists(made.target + "/data-mine/x.csv"));
  CHECK(rows.verify("a").is_good());
  CHECK_THROWS_WITH_AS(clean_data_set(*fs, rows.folder.file("nowhere"), Cleaning::kUnderLock),
                       doctest::Contains("no folder"), Error);
}

}  // namespace headrace
