// Pages read directly, against Arrow's reader: every type, encoding, codec, page version and density of nulls.
#include <doctest/doctest.h>

#include "headrace/io/parquet/page_twin_test_table.h"
#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

Types value_and_list_types() {
  auto ts = [](arrow::TimeUnit::type unit) { return arrow::timestamp(unit); };
  Types types = {arrow::boolean(),
                 arrow::int8(),
                 arrow::int16(),
                 arrow::int32(),
                 arrow::int64(),
                 arrow::float32(),
                 arrow::float64(),
                 arrow::date32(),
                 arrow::utf8(),
                 arrow::binary(),
                 ts(arrow::TimeUnit::MILLI),
                 ts(arrow::TimeUnit::MICRO),
                 ts(arrow::TimeUnit::NANO)};
  for (const auto& element : {arrow::int64(), arrow::utf8(), arrow::boolean()}) {
    types.push_back(arrow::list(arrow::field("item", element, true)));
    types.push_back(arrow::list(arrow::field("item", element, false)));
  }
  return types;
}

}  // namespace

TEST_CASE("pages of every type, encoding, codec and version read as Arrow reads them") {
  Random random(11);
  FormatTest test("parquet");
  std::shared_ptr<arrow::Table> table = random_table(random, value_and_list_types());
  const parquet::Compression::type codecs[] = {parquet::Compression::UNCOMPRESSED, parquet::Compression::SNAPPY,
                                               parquet::Compression::ZSTD, parquet::Compression::LZ4,
                                               parquet::Compression::GZIP};
  int round = 0;
  for (const char* encoding : {"plain", "dictionary", "delta"}) {
    for (bool is_v2 : {false, true}) {
      const std::int64_t steps[] = {kRows, 1, 100, 64, 7, 333};
      Writing writing{encoding, codecs[round % 5], is_v2, round % 2 == 0};
      check_twins(test, *table, writing, steps[round % 6]);
      ++round;
    }
  }
  // A dictionary that grows too large ends in the middle of a chunk, and of a batch.
  check_twins(test, *table, {"dictionary", parquet::Compression::SNAPPY, false, true, 700, 600}, 400);
  // Whole chunks in one page.
  check_twins(test, *table, {"dictionary", parquet::Compression::ZSTD, true, true, 1 << 20, 1 << 20}, 500);
  CHECK(test.context.memory->used_bytes() == 0);
}

TEST_CASE("texts read as hashes have the hashes of the texts, and null has its own") {
  Random random(12);
  FormatTest test("parquet");
  std::shared_ptr<arrow::Table> table = random_table(random, value_and_list_types());
  for (const Writing& writing : std::vector<Writing>{{"plain", parquet::Compression::SNAPPY, false, true, 700},
                                                     {"dictionary", parquet::Compression::ZSTD, true, false, 700},
                                                     {"dictionary", parquet::Compression::LZ4, false, true, 700, 600},
                                                     {"delta", parquet::Compression::UNCOMPRESSED, true, true, 700}}) {
    test.files->files["t"] = written(*table, writing);
    ParquetFile file = open_parquet_file(test.files->info("t"), test.context, arrow_pool(test.context.memory));
    std::unique_ptr<InputFile> input = test.files->open("t");
    TextWish wish;
    wish.as_hashes = true;
    wish.on_bad_text = [](std::int64_t, std::string_view) { FAIL("all are UTF-8"); };
    for (int i = 0; i < table->num_columns(); ++i) {
      const ParquetColumn& column = file.columns[static_cast<std::size_t>(i)];
      if (!column.type->is_binary_like()) continue;
      auto texts = std::static_pointer_cast<arrow::BinaryArray>(table->column(i)->chunk(0));
      std::int64_t row = 0;
      for (int group = 0; group < file.metadata->num_row_groups(); ++group) {
        auto row_group = file.metadata->RowGroup(group);
        auto pages = open_column_pages(*column.page_form, *column.type, *file.metadata, *row_group, column.leaves[0],
                                       *input, wish, *test.context.memory, nullptr);
        Column hashes = pages->read(row_group->num_rows());
        pages->check_ended();
        CHECK(hashes.validity() == nullptr);
        for (std::int64_t hash : hashes.values<std::int64_t>()) {
          std::uint64_t expected = texts->IsNull(row) ? kNullHash : hash_bytes(texts->GetView(row));
          REQUIRE(static_cast<std::uint64_t>(hash) == expected);
          ++row;
        }
      }
      CHECK(row == kRows);
    }
  }
}

TEST_CASE("a scan delivers hashes from any source, and texts that are no UTF-8 are the same bad rows") {
  for (const char* format : {"parquet", "tfrecord"}) {
    CAPTURE(format);
    FormatTest test(format);
    ColumnBuilder id(*test.context.memory, TypeKind::kInt64);
    ColumnBuilder text(*test.context.memory, TypeKind::kBinary);
    for (std::int64_t row = 0; row < 300; ++row) {
      id.append(row);
      if (row % 5 == 3) text.append_null();
      if (row % 5 != 3) text.append_string(row == 101 ? "caf\xe9" : fmt::format("text {}", row % 7));
    }
    Schema schema({{"id", TypeKind::kInt64}, {"text", TypeKind::kBinary}});
    test.write("t", {Batch{std::make_shared<const Schema>(schema), {id.finish(), text.finish()}, 300}});
    test.spec.declared = {{"id", TypeKind::kInt64}, {"text", TypeKind::kString}};
    test.spec.on_error = OnError::kQuarantine;
    ScanReduction reduction{"text", ScanReduction::Kind::kHash64, "h"};
    for (bool keeps_text : {false, true}) {
      for (OnError on_error : {OnError::kQuarantine, OnError::kNull}) {
        test.spec.on_error = on_error;
        std::unique_ptr<SourceReader> reader = open_source(test.spec, test.context);
        ScanRequest request{keeps_text ? std::vector<std::string>{"text", "id"} : std::vector<std::string>{"id"},
                            {},
                            {reduction},
                            true};
        auto stream = reader->open_split(0, request);
        Batch batch;
        std::int64_t rows = 0;
        while (stream->next(batch)) {
          CHECK(batch.schema->names().back() == "h");
          std::size_t id_index = keeps_text ? 1 : 0;
          for (std::int64_t i = 0; i < batch.row_count; ++i, ++rows) {
            std::int64_t row = batch.columns[id_index].values<std::int64_t>()[static_cast<std::size_t>(i)];
            bool is_null = row % 5 == 3 || row == 101;
            std::uint64_t expected = is_null ? kNullHash : hash_bytes(fmt::format("text {}", row % 7));
            std::int64_t hash = batch.columns[id_index + 1].values<std::int64_t>()[static_cast<std::size_t>(i)];
            CHECK(static_cast<std::uint64_t>(hash) == expected);
            if (keeps_text) CHECK(batch.columns[0].is_null(i) == is_null);
          }
        }
        CHECK(rows == (on_error == OnError::kNull ? 300 : 299));
        CHECK(stream->counts().values_nulled == (on_error == OnError::kNull ? 1 : 0));
        if (on_error == OnError::kNull) continue;
        REQUIRE(stream->bad_rows().size() == 1);
        CHECK(stream->bad_rows()[0].message == "'caf\\xE9' is no valid UTF-8 from byte 3 on");
        CHECK(stream->bad_rows()[0].line == 102);
      }
    }
  }
}

TEST_CASE("texts come as dictionary columns only where the request takes them") {
  FormatTest test("parquet");
  Batch batch = sample_batch(schema_of_types({TypeKind::kString}), 500, *test.context.memory);
  test.write("t", {batch}, {.compression = "", .row_group_rows = 200});
  std::unique_ptr<SourceReader> reader = open_source(test.spec, test.context);
  for (bool takes : {false, true}) {
    std::vector<std::string> rows;
    for (std::size_t split = 0; split < reader->split_count(); ++split) {
      auto stream = reader->open_split(split, {reader->schema().names(), {}, {}, takes});
      Batch part;
      while (stream->next(part)) {
        for (const Column& column : part.columns) CHECK(column.is_dictionary() == takes);
        append_rows(part, rows);
      }
    }
    CHECK(rows == rows_of(batch));
  }
}

}  // namespace headrace
