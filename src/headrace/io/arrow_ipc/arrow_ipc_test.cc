// Arrow IPC files of others, made by Arrow itself; what all binary formats promise stands in binary_format_test.cc.
#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/util/compression.h>
#include <doctest/doctest.h>

#include "headrace/io/binary_format_test_table.h"

namespace headrace {
namespace {

/// An array of strings, nullptr for null.
std::shared_ptr<arrow::Array> texts(const std::vector<const char*>& values) {
  arrow::StringBuilder builder;
  for (const char* value : values) {
    REQUIRE((value == nullptr ? builder.AppendNull() : builder.Append(value)).ok());
  }
  return builder.Finish().ValueOrDie();
}

/// An array of codes, negative for null, of a dictionary.
std::shared_ptr<arrow::Array> coded(const std::vector<std::int8_t>& codes, std::shared_ptr<arrow::Array> dictionary) {
  arrow::Int8Builder builder;
  for (std::int8_t code : codes) REQUIRE((code < 0 ? builder.AppendNull() : builder.Append(code)).ok());
  auto type = arrow::dictionary(arrow::int8(), dictionary->type());
  auto data = builder.Finish().ValueOrDie()->data()->Copy();
  data->type = type;
  data->dictionary = dictionary->data();
  return arrow::MakeArray(data);
}

/// A file with a batch for each column given, all named "x".
std::string file_of(const std::vector<std::shared_ptr<arrow::Array>>& batches,
                    arrow::ipc::IpcWriteOptions options = {}) {
  auto schema = arrow::schema({arrow::field("x", batches.front()->type())});
  auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  auto writer = arrow::ipc::MakeFileWriter(sink, schema, options).ValueOrDie();
  for (const std::shared_ptr<arrow::Array>& column : batches) {
    REQUIRE(writer->WriteRecordBatch(*arrow::RecordBatch::Make(schema, column->length(), {column})).ok());
  }
  REQUIRE(writer->Close().ok());
  return sink->Finish().ValueOrDie()->ToString();
}

FormatTest test_of(std::string bytes) {
  FormatTest test("arrow");
  test.files->files["t"] = std::move(bytes);
  test.spec.paths = {"t"};
  return test;
}

}  // namespace

TEST_CASE("columns coded with a dictionary are read, and texts among them stay coded where that is wanted") {
  auto words = texts({"a", nullptr, "b"});
  FormatTest test = test_of(file_of({coded({0, 2, 1, -1}, words), coded({2, 2}, words)}));
  std::vector<std::string> expected = {"a|", "b|", "null|", "null|", "b|", "b|"};
  CHECK(test.read() == expected);
  std::unique_ptr<SourceReader> reader = open_source(test.spec, test.context);
  std::unique_ptr<SplitStream> stream = reader->open_split(0, {{"x"}, {}, {}, /*takes_dictionaries=*/true});
  std::vector<std::string> rows;
  for (Batch batch; stream->next(batch);) {
    CHECK(batch.columns[0].is_dictionary());
    append_rows(batch, rows);
  }
  CHECK(rows == expected);

  arrow::Int64Builder numbers;
  REQUIRE(numbers.AppendValues({7, 9}).ok());
  test = test_of(file_of({coded({1, -1, 0}, numbers.Finish().ValueOrDie())}));
  reader = open_source(test.spec, test.context);
  stream = reader->open_split(0, {{"x"}, {}, {}, /*takes_dictionaries=*/true});
  Batch batch;
  REQUIRE(stream->next(batch));
  CHECK(!batch.columns[0].is_dictionary());
  CHECK(rows_of(batch) == std::vector<std::string>{"9|", "null|", "7|"});
}

TEST_CASE("a text of a dictionary that is no UTF-8 is a bad row like any other") {
  FormatTest test = test_of(file_of({coded({0, 1, 0}, texts({"good", "b\xff"}))}));
  test.spec.declared = {{"x", TypeKind::kString}};
  test.spec.on_error = OnError::kQuarantine;
  CHECK(test.read() == std::vector<std::string>{"good|", "good|"});
  CHECK(test.bad().at(0).starts_with("2 invalid_encoding x: "));
}

TEST_CASE("a code outside its dictionary is a damaged file") {
  FormatTest test = test_of(file_of({coded({0, 5}, texts({"a", "b"}))}));
  CHECK_THROWS_WITH_AS(test.read(), doctest::Contains("column 'x': code 5 in a dictionary of 2 values"), Error);
}

TEST_CASE("splits are runs of batches and together all rows, with the numbers that these have in the file") {
  auto words = texts({"a", "b", "c\xff", "d"});
  for (std::int64_t split_bytes : {1, 200, 1 << 20}) {
    FormatTest test = test_of(file_of({words, texts({}), words, words->Slice(0, 1), words}));
    test.context.split_bytes = split_bytes;
    test.spec.declared = {{"x", TypeKind::kString}};
    test.spec.on_error = OnError::kQuarantine;
    CHECK(test.read().size() == 10);
    REQUIRE(test.bad_rows.size() == 3);
    CHECK(test.bad_rows[0].line == 3);
    CHECK(test.bad_rows[1].line == 7);
    CHECK(test.bad_rows[2].line == 12);
    CHECK(open_source(test.spec, test.context)->row_count() == 13);
  }
}

TEST_CASE("only the buffers of the columns asked for are read") {
  FormatTest test("arrow");
  Schema schema({{"small", TypeKind::kInt8, false}, {"large", TypeKind::kString, false}});
  test.write("t", {sample_batch(schema, 5000, *test.context.memory)});
  test.read();
  std::int64_t all = test.counts.bytes_read;
  test.read({"small"});
  CHECK(test.counts.bytes_read < 7000);
  CHECK(all > 50'000);
}

TEST_CASE("each compression reads back, and what a buffer says it decompresses to is charged first") {
  for (const char* compression : {"none", "lz4", "zstd"}) {
    FormatTest test("arrow");
    Schema schema({{"x", TypeKind::kString, false}});
    ColumnBuilder builder(*test.context.memory, TypeKind::kString);
    builder.append_string(std::string(24 << 20, 'x'));
    Batch batch{std::make_shared<const Schema>(schema), {builder.finish()}, 1};
    test.write("t", {batch}, {.compression = compression});
    CHECK(test.read() == rows_of(batch));
    test.context.memory = MemoryBudget::create(16 << 20);
    try {
      test.read();
      FAIL("not refused");
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kOutOfMemory);
    }
    CHECK(test.context.memory->used_bytes() == 0);
  }
  FormatTest test("arrow");
  Schema schema({{"x", TypeKind::kInt64, false}});
  CHECK_THROWS_WITH_AS(
      test.write("t", {sample_batch(schema, 3, *test.context.memory)}, {.compression = "snappy", .row_group_rows = 8}),
      doctest::Contains("unknown compression 'snappy' for Arrow IPC"), Error);
}

TEST_CASE("files that look alike are told by name") {
  std::string feather("FEA1\0\0\0\0padding..FEA1", 21);
  CHECK_THROWS_WITH_AS(test_of(feather).read(), doctest::Contains("it is a Feather file of version 1"), Error);
  std::string stream("\xff\xff\xff\xff\0\0\0\0padding..padding", 24);
  CHECK_THROWS_WITH_AS(test_of(stream).read(), doctest::Contains("it is an Arrow IPC stream"), Error);
  CHECK_THROWS_WITH_AS(test_of("ARROW1").read(), doctest::Contains("its 6 bytes are too few"), Error);
}

}  // namespace headrace
