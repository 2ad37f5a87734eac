// Pages read directly, against Arrow's reader on the same bytes in memory. items_per_second is rows, bytes_per_second
// the decoded bytes.
#include <random>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <benchmark/benchmark.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>

#include "headrace/column/arrow.h"
#include "headrace/io/binary_format_test_table.h"
#include "headrace/io/parquet/page_form.h"
#include "headrace/io/parquet/parquet_file.h"

namespace headrace {
namespace {

enum Kind : std::int64_t { kInt64Plain, kInt64Delta, kInt64Dictionary, kFloat64Nulls, kTextFew, kTextMany, kKinds };
constexpr const char* kNames[] = {"int64_plain",   "int64_delta", "int64_dictionary",
                                  "float64_nulls", "text_few",    "text_many"};

std::shared_ptr<arrow::Array> values_of(Kind kind, std::int64_t rows) {
  std::mt19937_64 random(5);
  if (kind == kTextFew || kind == kTextMany) {
    arrow::StringBuilder builder;
    for (std::int64_t row = 0; row < rows; ++row) {
      std::uint64_t number = kind == kTextFew ? random() % 50 : random() % 1'000'000;
      unwrap(builder.Append(fmt::format("https://example.org/items/{}?from=page&position={}", number, number % 10)),
             "append");
    }
    return unwrap(builder.Finish(), "finish");
  }
  if (kind == kFloat64Nulls) {
    arrow::DoubleBuilder builder;
    for (std::int64_t row = 0; row < rows; ++row) {
      unwrap(random() % 200 == 0 ? builder.AppendNull() : builder.Append(static_cast<double>(random() % 1000) / 7),
             "append");
    }
    return unwrap(builder.Finish(), "finish");
  }
  arrow::Int64Builder builder;
  for (std::int64_t row = 0; row < rows; ++row)
    unwrap(builder.Append(static_cast<std::int64_t>(random() % 50000)), "append");
  return unwrap(builder.Finish(), "finish");
}

/// A file of one column, one row group, snappy.
std::string file_of(Kind kind, std::int64_t rows) {
  std::shared_ptr<arrow::Array> array = values_of(kind, rows);
  auto table = arrow::Table::Make(arrow::schema({arrow::field("c", array->type())}), {array});
  parquet::WriterProperties::Builder builder;
  builder.compression(parquet::Compression::SNAPPY);
  if (kind != kInt64Dictionary && kind != kTextFew) builder.disable_dictionary();
  if (kind == kInt64Delta) builder.encoding(parquet::Encoding::DELTA_BINARY_PACKED);
  auto sink = unwrap(arrow::io::BufferOutputStream::Create(), "creating");
  unwrap(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink, rows, builder.build()), "writing");
  return unwrap(sink->Finish(), "finishing")->ToString();
}

enum class Reader { kArrow, kPages, kHashes };

void read_column(benchmark::State& state, Kind kind, Reader by) {
  constexpr std::int64_t kRows = 200'000;
  FormatTest test("parquet");
  test.files->files["t"] = file_of(kind, kRows);
  ParquetFile file = open_parquet_file(test.files->info("t"), test.context, arrow_pool(test.context.memory));
  std::unique_ptr<InputFile> input = test.files->open("t");
  std::shared_ptr<arrow::Buffer> bytes = arrow::Buffer::FromString(test.files->files["t"]);
  auto row_group = file.metadata->RowGroup(0);
  TextWish wish;
  wish.as_hashes = by == Reader::kHashes;
  std::size_t decoded = 0;
  for (auto _ : state) {
    if (by == Reader::kArrow) {
      auto source = parquet::ParquetFileReader::Open(std::make_shared<arrow::io::BufferReader>(bytes));
      auto reader = unwrap(
          parquet::arrow::FileReader::Make(arrow::default_memory_pool(), std::move(source), arrow_reader_properties()),
          "opening");
      auto batches = unwrap(reader->GetRecordBatchReader({0}), "opening");
      std::shared_ptr<arrow::RecordBatch> batch;
      while (true) {
        unwrap(batches->ReadNext(&batch), "reading");
        if (batch == nullptr) break;
        decoded += from_arrow(*batch->column(0), "c", *test.context.memory).data_bytes();
      }
    } else {
      auto pages = open_column_pages(*file.columns[0].page_form, *file.columns[0].type, *file.metadata, *row_group, 0,
                                     *input, wish, *test.context.memory, nullptr);
      for (std::int64_t left = kRows; left > 0; left -= kBatchRowsMax) {
        decoded += pages->read(std::min(left, kBatchRowsMax)).data_bytes();
      }
    }
  }
  state.SetItemsProcessed(state.iterations() * kRows);
  state.SetBytesProcessed(static_cast<std::int64_t>(decoded));
}

[[maybe_unused]] const bool kRegistered = [] {
  for (std::int64_t kind = 0; kind < kKinds; ++kind) {
    auto add = [&](const char* how, Reader by) {
      benchmark::RegisterBenchmark(
          fmt::format("read_column/{}/{}", kNames[kind], how).c_str(),
          [kind, by](benchmark::State& state) { read_column(state, static_cast<Kind>(kind), by); });
    };
    add("arrow", Reader::kArrow);
    add("pages", Reader::kPages);
    if (kind == kTextFew || kind == kTextMany) add("hashes", Reader::kHashes);
  }
  return true;
}();

}  // namespace
}  // namespace headrace
