// The other forms of TFRecord files: compressed, with an index, of SequenceExamples; and damaged records left out.
#include <optional>

#include <doctest/doctest.h>

#include "headrace/io/binary_format_test_table.h"
#include "headrace/io/tfrecord/record_index.h"
#include "headrace/io/tfrecord/tfrecord.h"

namespace headrace {
namespace {

Schema flat_schema() {
  return schema_of_types({TypeKind::kInt64, TypeKind::kFloat32, TypeKind::kString, Type::list(TypeKind::kInt32)});
}

WriterOptions compressed_by(std::string name) {
  WriterOptions options;
  options.compression = std::move(name);
  return options;
}

}  // namespace

TEST_CASE("compressed files are read like plain ones, and told by their bytes") {
  for (const char* name : {"gzip", "zlib"}) {
    FormatTest test("tfrecord");
    Batch batch = sample_batch(flat_schema(), 5000, *test.context.memory);
    FileSummary plain = test.write("plain", {batch});
    FileSummary summary = test.write("t", {batch.slice(0, 3000), batch.slice(3000, 2000)}, compressed_by(name));
    CHECK(summary.row_count == 5000);
    CHECK(summary.size_bytes == static_cast<std::int64_t>(test.files->files["t"].size()));
    CHECK(summary.size_bytes < plain.size_bytes / 3);
    test.spec.declared = flat_schema().fields();
    CHECK((test.read() == rows_of(batch)));
    CHECK(test.counts.bytes_read == summary.size_bytes);
    // The same rows give the same bytes.
    std::string bytes = test.files->files["t"];
    test.write("t", {batch.slice(0, 3000), batch.slice(3000, 2000)}, compressed_by(name));
    CHECK((test.files->files["t"] == bytes));
    test.files->files["t"] = bytes.substr(0, bytes.size() / 2);
    CHECK_THROWS_WITH_AS(test.read(), doctest::Contains("cannot read 't'"), Error);
    // A file of no rows.
    test.write("t", {batch.slice(0, 0)}, compressed_by(name));
    CHECK(test.read().empty());
  }
  FormatTest test("tfrecord");
  Batch batch = sample_batch(flat_schema(), 1, *test.context.memory);
  CHECK_THROWS_WITH_AS(test.write("t", {batch}, compressed_by("zstd")), doctest::Contains("gzip or zlib"), Error);
}

TEST_CASE("any byte that changes in a compressed file is an error, or changes no row") {
  for (const char* name : {"gzip", "zlib"}) {
    FormatTest test("tfrecord");
    Batch batch = sample_batch(flat_schema(), 60, *test.context.memory);
    test.write("t", {batch}, compressed_by(name));
    test.spec.declared = flat_schema().fields();
    std::string good = test.files->files["t"];
    std::size_t found = 0;
    for (std::size_t at = 0; at < good.size(); ++at) {
      std::string& file = test.files->files["t"] = good;
      file[at] = static_cast<char>(file[at] ^ (1 << at % 8));
      std::optional<std::vector<std::string>> rows;
      try {
        rows = test.read();
      } catch (const Error&) {
        ++found;
      }
      REQUIRE((!rows || *rows == rows_of(batch)));
    }
    CHECK(found > good.size() - 16);
  }
}

TEST_CASE("an index makes a file splittable and its rows known") {
  FormatTest test("tfrecord");
  Batch batch = sample_batch(flat_schema(), 5000, *test.context.memory);
  WriterOptions options;
  options.index = true;
  FileSummary summary = test.write("folder/t", {batch.slice(0, 1500), batch.slice(1500, 3500)}, options);
  std::string plain = test.files->files["folder/t"];
  RecordIndex index = RecordIndex::from_bytes(summary.sidecar, "i");
  CHECK(index.record_count == 5000);
  CHECK(index.offsets.size() == 5);
  CHECK(index.to_bytes() == summary.sidecar);
  test.write("folder/t", {batch});
  CHECK((test.files->files["folder/t"] == plain));  // the records do not change

  CHECK(index_path("folder/t") == "folder/_t.index");
  CHECK(index_path("t") == "_t.index");
  test.files->files["folder/_t.index"] = summary.sidecar;
  test.spec.declared = flat_schema().fields();
  for (std::int64_t split_bytes : {std::int64_t{1}, summary.size_bytes / 2, summary.size_bytes}) {
    test.context.split_bytes = split_bytes;
    std::unique_ptr<SourceReader> reader = open_source(test.spec, test.context);
    CHECK(reader->row_count() == 5000);
    CHECK(reader->split_count() == (split_bytes == 1 ? 5 : split_bytes == summary.size_bytes ? 1 : 3));
    CHECK((test.read() == rows_of(batch)));
    CHECK(test.counts.bytes_read == summary.size_bytes);
  }
  // Numbers of records go on from split to split.
  test.context.split_bytes = 1;
  test.files->files["folder/t"].back() ^= 1;
  CHECK_THROWS_WITH_AS(test.read(), doctest::Contains("record 5,000 at byte"), Error);

  std::string& stored = test.files->files["folder/_t.index"];
  for (std::size_t at = 0; at < summary.sidecar.size(); ++at) {
    stored = summary.sidecar;
    stored[at] = static_cast<char>(stored[at] ^ 1);
    CHECK_THROWS_WITH_AS(test.read(), doctest::Contains("index"), Error);
    CHECK_THROWS_AS(RecordIndex::from_bytes(std::string_view(summary.sidecar).substr(0, at), "i"), Error);
  }
  stored = summary.sidecar;
  test.files->files["folder/t"] += "x";
  CHECK_THROWS_WITH_AS(test.read(), doctest::Contains("is of a file of"), Error);
  options.compression = "gzip";
  CHECK_THROWS_WITH_AS(test.write("t", {batch}, options), doctest::Contains("has no index"), Error);
}

TEST_CASE("lists of lists are SequenceExamples, beside columns of any other kind") {
  std::vector<Type> nested = {
      Type::list(Type::list(TypeKind::kInt64)),  Type::list(Type::list(TypeKind::kFloat32)),
      Type::list(Type::list(TypeKind::kString)), Type::list(Type::list(TypeKind::kBool)),
      Type::list(Type::list(TypeKind::kDate)),   Type::list(Type::fixed_size_list(TypeKind::kInt16, 3))};
  std::vector<Type> types = {TypeKind::kInt64};
  types.insert(types.end(), nested.begin(), nested.end());
  types.push_back(TypeKind::kString);
  for (const std::vector<Type>& some : {nested, types}) {
    FormatTest test("tfrecord");
    Schema schema = schema_of_types(some);
    Batch batch = sample_batch(schema, 700, *test.context.memory);
    test.write("t", {batch});
    test.spec.declared = schema.fields();
    CHECK((test.read() == rows_of(batch)));
    CHECK(test.read({"n1"}).size() == 700);
    CHECK(test.read({}).empty() == false);
  }
  FormatTest test("tfrecord");
  Schema schema({{"a", TypeKind::kInt64}, {"l", Type::list(Type::list(TypeKind::kInt64))}});
  test.write("t", {sample_batch(schema, 20, *test.context.memory)});
  CHECK(open_source(test.spec, test.context)->schema().to_string() == "a: int64, l: list<list<int64>>");
  // Where another kind is wanted, the row is bad.
  test.spec.declared = {{"l", Type::list(Type::list(TypeKind::kString))}};
  test.spec.on_error = OnError::kDrop;
  CHECK(test.read().size() < 20);
  CHECK(test.counts.rows_dropped > 0);
}

TEST_CASE("a damaged record is left out when asked, and counted") {
  FormatTest test("tfrecord");
  Schema schema({{"a", TypeKind::kInt64}, {"l", Type::list(Type::list(TypeKind::kInt64))}});
  Batch batch = sample_batch(schema, 1000, *test.context.memory);
  test.write("t", {batch});
  test.spec.declared = schema.fields();
  std::string& file = test.files->files["t"];
  file[12] = static_cast<char>(file[12] ^ 1);
  CHECK_THROWS_WITH_AS(test.read(), doctest::Contains("record 1 at byte 0: the checksum of the record's data"), Error);
  test.spec.on_error = OnError::kQuarantine;
  std::vector<std::string> rows = rows_of(batch);
  rows.erase(rows.begin());
  CHECK((test.read() == rows));
  CHECK(test.bad() == std::vector<std::string>{"1 checksum : the checksum of the record's data is wrong (at byte 0)"});
  // What follows a damaged length cannot be found.
  file[0] = static_cast<char>(file[0] ^ 1);
  CHECK_THROWS_WITH_AS(test.read(), doctest::Contains("record 1 at byte 0: the checksum of the record's length"),
                       Error);
}

TEST_CASE("columns are inferred from all files, and a file that contradicts is named") {
  FormatTest test("tfrecord");
  auto write_one = [&](const std::string& path, const std::string& name, const Type& type) {
    test.write(path, {sample_batch(Schema({{name, type}}), 3, *test.context.memory)});
  };
  write_one("a", "x", TypeKind::kInt64);
  write_one("b", "y", TypeKind::kFloat32);
  write_one("c", "x", Type::list(TypeKind::kInt64));
  test.spec.paths = {"a", "b"};
  CHECK(open_source(test.spec, test.context)->schema().to_string() == "x: int64, y: float32");
  test.spec.paths = {"a", "b", "c"};
  CHECK(open_source(test.spec, test.context)->schema().to_string() == "x: list<int64>, y: float32");
  write_one("c", "x", TypeKind::kString);
  test.spec.paths = {"a", "b", "c"};
  CHECK_THROWS_WITH_AS(open_source(test.spec, test.context), doctest::Contains("column 'x' of 'c'"), Error);
}

}  // namespace headrace
