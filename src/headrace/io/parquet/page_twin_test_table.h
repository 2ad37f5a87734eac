// Random tables, written as Parquet and read twice: from pages and by Arrow.
#pragma once

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

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

namespace headrace {

using Random = std::mt19937_64;

constexpr std::int64_t kRows = 1500;
constexpr std::int64_t kRowGroupRows = 800;

/// How many of the values are different: few make dictionaries and runs.
enum class Spread { kFew, kMany };

inline std::string random_text(Random& random, Spread spread) {
  if (spread == Spread::kFew) return std::vector<std::string>{"", "a", "näher", "four and twenty"}[random() % 4];
  std::string text(random() % 40, ' ');
  for (char& c : text) c = static_cast<char>('a' + random() % 26);
  return text;
}

inline void append_random(arrow::ArrayBuilder& builder, Random& random, Spread spread) {
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
    case arrow::Type::FIXED_SIZE_LIST: {
      auto& list = static_cast<arrow::FixedSizeListBuilder&>(builder);
      unwrap(list.Append(), "append");
      bool elements_nullable = list.type()->field(0)->nullable() && random() % 4 == 0;
      for (std::int64_t left = static_cast<const arrow::FixedSizeListType&>(*list.type()).list_size(); left > 0;
           --left) {
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

using Types = std::vector<std::shared_ptr<arrow::DataType>>;

/// Columns of each type, with and without nulls, of few and of many values.
inline std::shared_ptr<arrow::Table> random_table(Random& random, const Types& types, std::int64_t rows = kRows) {
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (const auto& type : types) {
    for (int density : {-1, 0, 3, 50, 100}) {  // nulls in a hundred rows; -1: the column cannot hold any
      for (Spread spread : {Spread::kFew, Spread::kMany}) {
        if (density == 100 && spread == Spread::kMany) continue;
        std::unique_ptr<arrow::ArrayBuilder> builder = unwrap(arrow::MakeBuilder(type), "builder");
        std::uint64_t in_a_row = 0;  // nulls come in runs as well
        for (std::int64_t row = 0; row < rows; ++row) {
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
  bool has_arrow_schema = false;
};

inline std::string written(const arrow::Table& table, const Writing& writing) {
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
  parquet::ArrowWriterProperties::Builder arrow_builder;
  if (writing.has_arrow_schema) arrow_builder.store_schema();
  unwrap(parquet::arrow::WriteTable(table, arrow::default_memory_pool(), sink, kRowGroupRows, builder.build(),
                                    arrow_builder.build()),
         "writing");
  return unwrap(sink->Finish(), "finishing")->ToString();
}

/// Appends the cells of a column; of a list of one size also those under its nulls.
inline void append_cells(const Column& rows, std::vector<std::string>& cells) {
  for (std::int64_t row = 0; row < rows.length(); ++row) {
    cells.push_back(format_cell(rows, row));
    if (rows.type().kind() != TypeKind::kFixedSizeList || !rows.is_null(row)) continue;
    for (std::int64_t i = row * rows.type().list_size(); i < (row + 1) * rows.type().list_size(); ++i) {
      cells.back() += " " + format_cell(rows.child(0), i);
    }
  }
}

/// The cells of a column, as Arrow's reader gives it.
inline std::vector<std::string> cells_by_arrow(const std::string& file, int column, MemoryBudget& memory) {
  auto reader =
      unwrap(parquet::arrow::OpenFile(std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(file)),
                                      arrow::default_memory_pool()),
             "opening");
  std::shared_ptr<arrow::ChunkedArray> chunks;
  unwrap(reader->ReadColumn(column, &chunks), "reading");
  std::vector<std::string> cells;
  for (const auto& chunk : chunks->chunks()) append_cells(from_arrow(*chunk, "c", memory), cells);
  return cells;
}

/// The same from pages, in steps of `step` rows.
inline std::vector<std::string> cells_by_pages(FormatTest& test, const ParquetFile& file, std::size_t column,
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
      append_cells(rows, cells);
    }
    pages->check_ended();
  }
  return cells;
}

inline void check_twins(FormatTest& test, const arrow::Table& table, const Writing& writing, std::int64_t step) {
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
    if (writing.has_arrow_schema) {
      CHECK(file.columns[static_cast<std::size_t>(i)].type == from_arrow_type(*table.field(i)->type()));
    }
    std::vector<std::string> expected = cells_by_arrow(test.files->files["t"], i, *test.context.memory);
    CHECK((cells_by_pages(test, file, static_cast<std::size_t>(i), step, false) == expected));
    if (writing.encoding != "dictionary") continue;
    CHECK((cells_by_pages(test, file, static_cast<std::size_t>(i), step, true) == expected));
  }
}

}  // namespace headrace
