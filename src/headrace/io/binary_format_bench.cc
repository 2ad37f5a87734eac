// Binary formats in and out: rows of 10 int64 and 10 float32 columns, into and from memory. items_per_second is rows.
#include <random>

#include <benchmark/benchmark.h>

#include "headrace/io/binary_format_test_table.h"

namespace headrace {
namespace {

/// Ids of `id_count` values as training tables have them, and floats.
Batch ids_and_floats(MemoryBudget& memory, std::int64_t rows, std::int64_t id_count) {
  std::mt19937_64 random(1);
  std::vector<Field> fields;
  Batch batch{nullptr, {}, rows};
  for (int i = 0; i < 10; ++i) {
    fields.push_back({fmt::format("id_feature_{}", i), TypeKind::kInt64, false});
    ColumnBuilder builder(memory, TypeKind::kInt64);
    for (std::int64_t row = 0; row < rows; ++row) {
      builder.append(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(id_count)));
    }
    batch.columns.push_back(builder.finish());
  }
  for (int i = 0; i < 10; ++i) {
    fields.push_back({fmt::format("float_feature_{}", i), TypeKind::kFloat32, false});
    ColumnBuilder builder(memory, TypeKind::kFloat32);
    for (std::int64_t row = 0; row < rows; ++row) builder.append(static_cast<float>(random() % 1000) / 7);
    batch.columns.push_back(builder.finish());
  }
  batch.schema = std::make_shared<const Schema>(Schema(fields));
  return batch;
}

/// A file that takes bytes and keeps none.
class NullFile : public OutputFile {
 public:
  void append(std::span<const std::byte> data) override { benchmark::DoNotOptimize(data.data()); }
  void close() override {}
  const std::string& path() const override { return path_; }

 private:
  std::string path_ = "null";
};

void write_rows(benchmark::State& state, const char* format) {
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
  Batch batch = ids_and_floats(*memory, 65536, state.range(0));
  std::int64_t bytes = 0;
  for (auto _ : state) {
    auto writer = format_named(format).create(*batch.schema, std::make_unique<NullFile>(), {}, *memory);
    for (std::int64_t row = 0; row < batch.row_count; row += kBatchRowsMax)
      writer->write(batch.slice(row, kBatchRowsMax));
    bytes += writer->finish().size_bytes;
  }
  state.SetItemsProcessed(state.iterations() * batch.row_count);
  state.SetBytesProcessed(bytes);
}

void read_rows(benchmark::State& state, const char* format) {
  FormatTest test(format);
  Batch batch = ids_and_floats(*test.context.memory, 65536, state.range(0));
  test.write("t", {batch});
  test.spec.declared = batch.schema->fields();
  std::unique_ptr<SourceReader> reader = open_source(test.spec, test.context);
  for (auto _ : state) {
    for (std::size_t i = 0; i < reader->split_count(); ++i) {
      std::unique_ptr<SplitStream> stream = reader->open_split(i, {batch.schema->names(), {}});
      Batch rows;
      while (stream->next(rows)) benchmark::DoNotOptimize(rows.columns.data());
    }
  }
  state.SetItemsProcessed(state.iterations() * batch.row_count);
}

BENCHMARK_CAPTURE(write_rows, tfrecord, "tfrecord")->Arg(100)->Arg(100000);
BENCHMARK_CAPTURE(read_rows, tfrecord, "tfrecord")->Arg(100000);
BENCHMARK_CAPTURE(write_rows, parquet, "parquet")->Arg(100)->Arg(100000);
BENCHMARK_CAPTURE(read_rows, parquet, "parquet")->Arg(100000);
BENCHMARK_CAPTURE(write_rows, arrow, "arrow")->Arg(100000);
BENCHMARK_CAPTURE(read_rows, arrow, "arrow")->Arg(100000);
BENCHMARK_CAPTURE(write_rows, mds, "mds")->Arg(100000);
BENCHMARK_CAPTURE(read_rows, mds, "mds")->Arg(100000);

}  // namespace
}  // namespace headrace
