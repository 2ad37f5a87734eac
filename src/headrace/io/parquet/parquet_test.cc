// Parquet: row group skipping, several files, the types of other writers, bombs, compressions.
#include "headrace/io/parquet/parquet.h"

#include <limits>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <doctest/doctest.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>

#include "headrace/column/arrow.h"
#include "headrace/io/binary_format_test_table.h"

namespace headrace {
namespace {

/// A file of int64 ids from `start` on, a float and a text, in row groups of 10.
void write_ids(FormatTest& test, const std::string& path, std::int64_t start, std::int64_t count) {
  MemoryBudget& memory = *test.context.memory;
  ColumnBuilder id(memory, TypeKind::kInt64);
  ColumnBuilder x(memory, TypeKind::kFloat64);
  ColumnBuilder s(memory, TypeKind::kString);
  for (std::int64_t i = start; i < start + count; ++i) {
    id.append(i);
    x.append(i % 10 == 5 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(i) / 2);
    if (i / 10 == 2) s.append_null();
    if (i / 10 != 2) s.append_string(fmt::format("s{:03}", i));
  }
  Schema schema({{"id", TypeKind::kInt64, false}, {"x", TypeKind::kFloat64}, {"s", TypeKind::kString}});
  test.write(path, {Batch{std::make_shared<const Schema>(schema), {id.finish(), x.finish(), s.finish()}, count}},
             {.compression = "", .row_group_rows = 10});
}

/// Writes an Arrow table as other writers would.
void write_arrow(
    FormatTest& test, const std::string& path, const std::shared_ptr<arrow::Array>& array,
    const std::shared_ptr<parquet::ArrowWriterProperties>& properties = parquet::default_arrow_writer_properties()) {
  auto table = arrow::Table::Make(arrow::schema({arrow::field("c", array->type())}), {array});
  auto sink = unwrap(arrow::io::BufferOutputStream::Create(), "creating");
  unwrap(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink, 1000,
                                    parquet::default_writer_properties(), properties),
         "writing");
  test.files->files[path] = unwrap(sink->Finish(), "finishing")->ToString();
  test.spec.paths = {path};
}

std::int64_t skipped(FormatTest& test, const ScanBound& bound) {
  test.read({"id"}, {bound});
  return test.counts.rows_skipped;
}

}  // namespace

TEST_CASE("row groups that cannot pass a bound are skipped and counted") {
  using Op = ScanBound::Op;
  FormatTest test("parquet");
  write_ids(test, "t", 0, 50);
  CHECK(test.read({"id"}).size() == 50);
  CHECK(skipped(test, {"id", Op::kEq, Value::int64(25)}) == 40);
  CHECK(test.counts.rows_read == 50);
  CHECK(skipped(test, {"id", Op::kEq, Value::int64(99)}) == 50);
  CHECK(skipped(test, {"id", Op::kLt, Value::int64(20)}) == 30);
  CHECK(skipped(test, {"id", Op::kLe, Value::int64(20)}) == 20);
  CHECK(skipped(test, {"id", Op::kGt, Value::int64(19)}) == 20);
  CHECK(skipped(test, {"id", Op::kGe, Value::int64(19)}) == 10);
  CHECK(skipped(test, {"s", Op::kGe, Value::string("s039")}) == 30);
  CHECK(skipped(test, {"s", Op::kIsNotNull, Value::null()}) == 10);
  CHECK(skipped(test, {"x", Op::kLt, Value::float64(5)}) == 40);
  // NaN is greater than every number and not in the statistics.
  CHECK(skipped(test, {"x", Op::kGt, Value::float64(1000)}) == 0);
  CHECK(skipped(test, {"x", Op::kEq, Value::float64(std::numeric_limits<double>::quiet_NaN())}) == 0);
  // A bound of another type says nothing.
  CHECK(skipped(test, {"id", Op::kEq, Value::string("99")}) == 0);
}

TEST_CASE("the files of a source are read one after another, their rows numbered by file") {
  FormatTest test("parquet");
  write_ids(test, "b", 100, 15);
  write_ids(test, "a", 0, 25);
  test.spec.paths = {"b", "a"};
  std::unique_ptr<SourceReader> reader = open_source(test.spec, test.context);
  CHECK(reader->split_count() == 5);
  CHECK(reader->row_count() == 40);
  std::vector<std::string> rows = test.read({"id"});
  CHECK(rows.front() == "0|");
  CHECK(rows.back() == "114|");
  ColumnRule rule;
  rule.column = "id";
  rule.max = Value::int64(112);
  test.spec.rules = {rule};
  test.spec.on_error = OnError::kQuarantine;
  CHECK(test.read({"x"}).size() == 38);
  CHECK(test.bad_rows.at(0).file == "b");
  CHECK(test.bad_rows.at(0).line == 14);
}

TEST_CASE("files that differ are refused, and the message names file and column") {
  FormatTest test("parquet");
  write_ids(test, "a", 0, 3);
  arrow::Int32Builder builder;
  unwrap(builder.Append(1), "append");
  write_arrow(test, "b", unwrap(builder.Finish(), "finish"));
  test.spec.paths = {"a", "b"};
  CHECK_THROWS_WITH_AS(open_source(test.spec, test.context), doctest::Contains("'b' has no column 'id', 'a' has"),
                       Error);
  test.spec.declared = {{"idd", TypeKind::kInt64}};
  CHECK_THROWS_WITH_AS(open_source(test.spec, test.context), doctest::Contains("did you mean 'id'"), Error);
  test.spec.paths = {"b"};
  test.spec.declared = {{"c", TypeKind::kString}};
  CHECK_THROWS_WITH_AS(open_source(test.spec, test.context),
                       doctest::Contains("column 'c' of 'b' is int32, which cannot be read as string"), Error);
}

TEST_CASE("types of other writers are mapped") {
  FormatTest test("parquet");
  arrow::UInt64Builder u64;
  unwrap(u64.AppendValues({1, std::numeric_limits<std::uint64_t>::max()}), "append");
  write_arrow(test, "t", unwrap(u64.Finish(), "finish"));
  CHECK(open_source(test.spec, test.context)->schema().to_string() == "c: decimal(20, 0)");
  CHECK(test.read() == std::vector<std::string>{"1|", "18446744073709551615|"});

  arrow::StringDictionaryBuilder dictionary;
  for (const char* text : {"x", "y", "x"}) unwrap(dictionary.Append(text), "append");
  write_arrow(test, "t", unwrap(dictionary.Finish(), "finish"),
              parquet::ArrowWriterProperties::Builder().store_schema()->build());
  CHECK(test.read() == std::vector<std::string>{"x|", "y|", "x|"});

  arrow::TimestampBuilder zoned(arrow::timestamp(arrow::TimeUnit::NANO, "Europe/Berlin"), arrow::default_memory_pool());
  unwrap(zoned.AppendValues({1'000'000}), "append");
  write_arrow(test, "t", unwrap(zoned.Finish(), "finish"));
  CHECK(open_source(test.spec, test.context)->schema().to_string() == "c: timestamp");
  arrow::TimestampBuilder between(arrow::timestamp(arrow::TimeUnit::NANO), arrow::default_memory_pool());
  unwrap(between.Append(1'000'500), "append");
  write_arrow(test, "t", unwrap(between.Finish(), "finish"));
  CHECK_THROWS_WITH_AS(test.read(), doctest::Contains("column 'c': a timestamp of 1000500 ns"), Error);

  arrow::TimestampBuilder legacy(arrow::timestamp(arrow::TimeUnit::MICRO), arrow::default_memory_pool());
  unwrap(legacy.AppendValues({1'383'264'000'000'000}), "append");
  unwrap(legacy.AppendNull(), "append");
  write_arrow(test, "t", unwrap(legacy.Finish(), "finish"),
              parquet::ArrowWriterProperties::Builder().enable_deprecated_int96_timestamps()->build());
  CHECK(open_source(test.spec, test.context)->schema().to_string() == "c: timestamp");
  CHECK(test.read() == std::vector<std::string>{"2013-11-01T00:00:00Z|", "null|"});

  arrow::Time32Builder time(arrow::time32(arrow::TimeUnit::SECOND), arrow::default_memory_pool());
  unwrap(time.Append(1), "append");
  write_arrow(test, "t", unwrap(time.Finish(), "finish"));
  CHECK_THROWS_WITH_AS(test.read(), doctest::Contains("column 'c' has a type that is not read"), Error);

  arrow::NullBuilder nothing;
  unwrap(nothing.AppendNulls(2), "append");
  write_arrow(test, "t", unwrap(nothing.Finish(), "finish"));
  test.spec.declared = {{"c", TypeKind::kString}};
  CHECK(test.read() == std::vector<std::string>{"null|", "null|"});
}

TEST_CASE("a file that unpacks to more than the budget is refused before it does") {
  FormatTest test("parquet");
  arrow::StringBuilder builder;
  unwrap(builder.Append(std::string(100 << 20, 'x')), "append");
  auto table =
      arrow::Table::Make(arrow::schema({arrow::field("c", arrow::utf8())}), {unwrap(builder.Finish(), "finish")});
  auto sink = unwrap(arrow::io::BufferOutputStream::Create(), "creating");
  auto properties = parquet::WriterProperties::Builder().compression(parquet::Compression::ZSTD)->build();
  unwrap(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink, 10, properties), "writing");
  test.files->files["t"] = unwrap(sink->Finish(), "finishing")->ToString();
  test.spec.paths = {"t"};
  CHECK(test.files->files["t"].size() < 1 << 20);
  test.context.memory = MemoryBudget::create(32 << 20);
  CHECK_THROWS_WITH_AS(test.read(), doctest::Contains("the memory budget does not suffice"), Error);
  CHECK(test.context.memory->peak_bytes() <= 32 << 20);
}

TEST_CASE("a null in a column that is not nullable is refused by name") {
  FormatTest test("parquet");
  Schema schema({{"a", TypeKind::kInt64, false}});
  Batch batch{std::make_shared<const Schema>(schema), {Column::nulls(*test.context.memory, TypeKind::kInt64, 1)}, 1};
  CHECK_THROWS_WITH_AS(test.write("t", {batch}), doctest::Contains("column 'a' is not nullable"), Error);
  CHECK(test.files->files.empty());
}

TEST_CASE("every compression reads back, an unknown one is refused with the valid ones") {
  FormatTest test("parquet");
  Batch batch = sample_batch(schema_of_types({TypeKind::kInt64, TypeKind::kString}), 500, *test.context.memory);
  for (const char* compression : {"none", "snappy", "zstd"}) {
    test.write("t", {batch}, {.compression = compression});
    CHECK(test.read() == rows_of(batch));
  }
  CHECK_THROWS_WITH_AS(test.write("u", {batch}, {.compression = "zsdt"}), doctest::Contains("did you mean 'zstd'"),
                       Error);
  CHECK(test.files->files.size() == 1);
}

}  // namespace headrace
