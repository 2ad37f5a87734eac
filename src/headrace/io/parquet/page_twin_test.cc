// Pages read directly, against Arrow's reader: every type, encoding, codec, page version and density of nulls.
#include <algorithm>
#include <functional>
#include <random>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <doctest/doctest.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/arrow/writer.h>

#include "headrace/column/arrow.h"
#include "headrace/io/binary_format_test_table.h"
#include "headrace/io/parquet/page_form.h"
#include "headrace/io/parquet/parquet_file.h"
#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

using Random = std::mt19937_64;

constexpr std::int64_t kRows = 1500;
constexpr std::int64_t kRowGroupRows = 800;

/// How many of the values are different: few make dictionaries and runs.
enum class Spread { kFew, kMany };

std::string random_text(Random& random, Spread spread) {
  if (spread == Spread::kFew) return std::vector<std::string>{"", "a", "näher", "four and twenty"}[random() % 4];
  std::string text(random() % 40, ' ');
  for (char& c : text) c = static_cast<char>('a' + random() % 26);
  return text;
}

void append_random(arrow::ArrayBuilder& builder, Random& random, Spread spread) {
  std::int64_t number = spread == Spread::kFew ? static_cast<std::int64_t>(random() % 5) - 2
                                               : static_cast<std::int64_t>(random()) >> (random() % 64);
  auto put = [&](auto& typed, auto value) { unwrap(typed.Append(value), "append"); };
  switch (builder.type()->id()) {
    case arrow::Type::BOOL: return put(static_cast<arrow::BooleanBuilder&>(builder), number % 3 == 0);
    case arrow::Type::INT8: return put(static_cast<arrow::Int8Builder&>(builder), static_cast<std::int8_t>(number));
    case arrow::Type::INT16: return put(static_cast<arrow::Int16Builder&>(builder), static_cast<std::int16_t>(number));
    case arrow::Type::INT32: return put(static_cast<arrow::Int32Builder&>(builder), static_cast<std::int32_t>(number));
    case arrow::Type::DATE32:
      return put(static_cast<arrow::Date32Builder&>(builder), static_cast<std::int32_t>(number));
    case arrow::Type::INT64: return put(static_cast<arrow::Int64Builder&>(builder), number);
    case arrow::Type::FLOAT: return put(static_cast<arrow::FloatBuilder&>(builder), static_cast<float>(number) / 7);
    case arrow::Type::DOUBLE: return put(static_cast<arrow::DoubleBuilder&>(builder), static_cast<double>(number) / 7);
    case arrow::Type::TIMESTAMP:
      return put(static_cast<arrow::TimestampBuilder&>(builder), (number >> 12) / 1000 * 1000);
    case arrow::Type::STRING:
    case arrow::Type::BINARY: return put(static_cast<arrow::BinaryBuilder&>(builder), random_text(random, spread));
    case arrow::Type::LIST: {
      auto& list = static_cast<arrow::ListBuilder&>(builder);
      unwrap(list.Append(), "append");
      bool elements_nullable = list.type()->field(0)->nullable();
      for (std::uint64_t left = random() % 5; left > 0; --left) {
        if (elements_nullable && random() % 6 == 0) {
          unwrap(list.value_builder()->AppendNull(), "append");
        } else {
          append_random(*list.value_builder(), random, spread);
        }
      }
      return;
    }
    default: FAIL("no such type");
  }
}

std::shared_ptr<arrow::Table> random_table(Random& random) {
  auto ts = [](arrow::TimeUnit::type unit) { return arrow::timestamp(unit); };
  std::vector<std::shared_ptr<arrow::DataType>> types = {arrow::boolean(),
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
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (const auto& type : types) {
    for (int density : {-1, 0, 3, 50, 100}) {  // nulls in a hundred rows; -1: the column cannot hold any
      for (Spread spread : {Spread::kFew, Spread::kMany}) {
        if (density == 100 && spread == Spread::kMany) continue;
        std::unique_ptr<arrow::ArrayBuilder> builder = unwrap(arrow::MakeBuilder(type), "builder");
        std::uint64_t in_a_row = 0;  // nulls come in runs as well
        for (std::int64_t row = 0; row < kRows; ++row) {
          if (in_a_row == 0 && static_cast<int>(random() % 100) < density) in_a_row = 1 + random() % 4;
          if (density == 100 || in_a_row > 0) {
            unwrap(builder->AppendNull(), "append");
            in_a_row -= in_a_row > 0 ? 1 : 0;
          } else {
            append_random(*builder, random, spread);
          }
        }
        fields.push_back(arrow::field("c" + std::to_string(fields.size()), type, density >= 0));
        arrays.push_back(unwrap(builder->Finish(), "finish"));
      }
    }
  }
  return arrow::Table::Make(arrow::schema(fields), arrays);
}

struct Writing {
  std::string encoding;  // plain, dictionary, delta
  parquet::Compression::type codec = parquet::Compression::UNCOMPRESSED;
  bool is_v2 = false;
  bool has_crc = false;
  std::int64_t page_bytes = 700;
  std::int64_t dictionary_bytes = 1 << 20;
};

std::string written(const arrow::Table& table, const Writing& writing) {
  parquet::WriterProperties::Builder builder;
  builder.version(parquet::ParquetVersion::PARQUET_2_6)
      ->data_page_version(writing.is_v2 ? parquet::ParquetDataPageVersion::V2 : parquet::ParquetDataPageVersion::V1)
      ->compression(writing.codec)
      ->data_pagesize(writing.page_bytes)
      ->write_batch_size(50)
      ->dictionary_pagesize_limit(writing.dictionary_bytes)
      ->max_row_group_length(kRowGroupRows);
  if (writing.has_crc) builder.enable_page_checksum();
  if (writing.encoding != "dictionary") builder.disable_dictionary();
  if (writing.encoding == "delta") {
    std::shared_ptr<parquet::SchemaDescriptor> schema;
    PARQUET_THROW_NOT_OK(parquet::arrow::ToParquetSchema(table.schema().get(), *builder.build(), &schema));
    for (int i = 0; i < schema->num_columns(); ++i) {
      switch (schema->Column(i)->physical_type()) {
        case parquet::Type::INT32:
        case parquet::Type::INT64:
          builder.encoding(schema->Column(i)->path(), parquet::Encoding::DELTA_BINARY_PACKED);
          break;
        case parquet::Type::BYTE_ARRAY:
          builder.encoding(schema->Column(i)->path(), parquet::Encoding::DELTA_LENGTH_BYTE_ARRAY);
          break;
        case parquet::Type::BOOLEAN: builder.encoding(schema->Column(i)->path(), parquet::Encoding::RLE); break;
        default: break;
      }
    }
  }
  auto sink = unwrap(arrow::io::BufferOutputStream::Create(), "creating");
  unwrap(parquet::arrow::WriteTable(table, arrow::default_memory_pool(), sink, kRowGroupRows, builder.build()),
         "writing");
  return unwrap(sink->Finish(), "finishing")->ToString();
}

/// The cells of a column, as Arrow's reader gives it.
std::vector<std::string> cells_by_arrow(const std::string& file, int column, MemoryBudget& memory) {
  auto reader =
      unwrap(parquet::arrow::OpenFile(std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(file)),
                                      arrow::default_memory_pool()),
             "opening");
  std::shared_ptr<arrow::ChunkedArray> chunks;
  unwrap(reader->ReadColumn(column, &chunks), "reading");
  std::vector<std::string> cells;
  for (const auto& chunk : chunks->chunks()) {
    Column rows = from_arrow(*chunk, "c", memory);
    for (std::int64_t row = 0; row < rows.length(); ++row) cells.push_back(format_cell(rows, row));
  }
  return cells;
}

/// The same from pages, in steps of `step` rows.
std::vector<std::string> cells_by_pages(FormatTest& test, const ParquetFile& file, std::size_t column,
                                        std::int64_t step, bool as_dictionaries) {
  std::vector<std::string> cells;
  std::unique_ptr<InputFile> input = test.files->open("t");
  TextWish wish;
  wish.as_dictionaries = as_dictionaries;
  const ParquetColumn& found = file.columns[column];
  REQUIRE(found.page_form.has_value());
  for (int group = 0; group < file.metadata->num_row_groups(); ++group) {
    auto row_group = file.metadata->RowGroup(group);
    std::unique_ptr<ColumnPages> pages =
        open_column_pages(*found.page_form, *found.type, *file.metadata, *row_group, found.leaves.at(0), *input, wish,
                          *test.context.memory, nullptr);
    REQUIRE(pages != nullptr);
    for (std::int64_t left = row_group->num_rows(); left > 0; left -= step) {
      Column rows = pages->read(std::min(step, left));
      CHECK(rows.type() == *found.type);
      for (std::int64_t row = 0; row < rows.length(); ++row) cells.push_back(format_cell(rows, row));
    }
    pages->check_ended();
  }
  return cells;
}

void check_twins(FormatTest& test, const arrow::Table& table, const Writing& writing, std::int64_t step) {
  test.files->files["t"] = written(table, writing);
  FileInfo info = test.files->info("t");
  ParquetFile file = open_parquet_file(info, test.context, arrow_pool(test.context.memory));
  REQUIRE(file.columns.size() == static_cast<std::size_t>(table.num_columns()));
  for (int i = 0; i < table.num_columns(); ++i) {
    CAPTURE(i);
    CAPTURE(table.schema()->field(i)->ToString());
    CAPTURE(writing.encoding);
    CAPTURE(static_cast<int>(writing.codec));
    CAPTURE(writing.is_v2);
    std::vector<std::string> expected = cells_by_arrow(test.files->files["t"], i, *test.context.memory);
    CHECK((cells_by_pages(test, file, static_cast<std::size_t>(i), step, false) == expected));
    if (writing.encoding != "dictionary") continue;
    CHECK((cells_by_pages(test, file, static_cast<std::size_t>(i), step, true) == expected));
  }
}

}  // namespace

TEST_CASE("pages of every type, encoding, codec and version read as Arrow reads them") {
  Random random(11);
  FormatTest test("parquet");
  std::shared_ptr<arrow::Table> table = random_table(random);
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
  std::shared_ptr<arrow::Table> table = random_table(random);
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
