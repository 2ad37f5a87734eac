// Thirty feature-like columns written as Parquet, into nothing: directly, and through Arrow with its default
// (dictionary and snappy), PLAIN and delta encodings. items_per_second is rows; bytes_a_row what they take.
#include <random>

#include <arrow/io/interfaces.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <parquet/arrow/writer.h>

#include "headrace/column/arrow.h"
#include "headrace/column/column_builder.h"
#include "headrace/io/parquet/parquet.h"

namespace headrace {
namespace {

constexpr std::int64_t kRows = 1 << 18;

/// Columns by name, each drawn by a function of the row.
class FeatureTable {
 public:
  explicit FeatureTable(MemoryBudget& memory) : memory_(memory) {}

  template <typename T, typename Draw>
  void add(const std::string& name, const Type& type, const Draw& draw) {
    ColumnBuilder builder(memory_, type);
    for (std::int64_t row = 0; row < kRows; ++row) builder.append(static_cast<T>(draw(row)));
    columns_.push_back(builder.finish());
    fields_.push_back({name, type, false});
  }
  template <typename T, typename Draw>
  void add_list(const std::string& name, const Type& element, std::int32_t size, const Draw& draw) {
    ColumnBuilder builder(memory_, element);
    for (std::int64_t i = 0; i < kRows * size; ++i) builder.append(static_cast<T>(draw(i)));
    Type type = Type::fixed_size_list(element, size);
    columns_.push_back(Column::fixed_size_list(type, kRows, builder.finish()));
    fields_.push_back({name, type, false});
  }
  Batch finish() { return {std::make_shared<const Schema>(Schema(fields_)), columns_, kRows}; }

 private:
  MemoryBudget& memory_;
  std::vector<Field> fields_;
  std::vector<Column> columns_;
};

/// What features become: ids of vocabularies, hashes and buckets, standardised numbers, a key, labels, two lists.
Batch features(MemoryBudget& memory) {
  std::mt19937_64 random(1);
  FeatureTable table(memory);
  auto skewed = [&](std::uint64_t count) { return random() % (1 + random() % count); };
  table.add<std::int64_t>("key", TypeKind::kInt64, [&](auto row) { return row * 3 + 7; });
  table.add<std::int64_t>("clicked", TypeKind::kInt64, [&](auto) { return random() % 30 == 0 ? 1 : 0; });
  table.add<double>("value", TypeKind::kFloat64, [&](auto) { return random() % 60 == 0 ? random() % 1000 : 0; });
  int id = 0;
  for (std::uint64_t count : {2, 5, 6, 8, 17, 17, 24, 33, 40, 41, 210, 1000, 1000, 5000, 10000, 100000}) {
    table.add<std::int64_t>(fmt::format("id_{}", id++), TypeKind::kInt64, [&](auto) { return skewed(count); });
  }
  for (std::uint64_t count : {60, 80, 300, 1000, 10000}) {
    table.add<float>(fmt::format("few_{}", count), TypeKind::kFloat32,
                     [&](auto) { return static_cast<double>(skewed(count)) / 7; });
  }
  for (int i = 0; i < 4; ++i) {
    table.add<float>(fmt::format("many_{}", i), TypeKind::kFloat32,
                     [&](auto) { return static_cast<double>(random() % (1 << 24)) / 9; });
  }
  table.add_list<std::int64_t>("words", TypeKind::kInt64, 8, [&](auto i) { return i % 8 < 5 ? random() % 5000 : 0; });
  table.add_list<float>("interests", TypeKind::kFloat32, 12, [&](auto) { return random() % 5 == 0 ? 1 : 0; });
  return table.finish();
}

/// Files that take bytes and keep none.
class NullFile final : public OutputFile {
 public:
  void append(std::span<const std::byte> data) override { benchmark::DoNotOptimize(data.data()); }
  void close() override {}
  const std::string& path() const override { return path_; }

 private:
  std::string path_ = "null";
};

class NullStream final : public arrow::io::OutputStream {
 public:
  arrow::Status Close() override { return arrow::Status::OK(); }
  bool closed() const override { return false; }
  arrow::Result<std::int64_t> Tell() const override { return size_; }
  arrow::Status Write(const void* data, std::int64_t size) override {
    benchmark::DoNotOptimize(data);
    size_ += size;
    return arrow::Status::OK();
  }

 private:
  std::int64_t size_ = 0;
};

void report(benchmark::State& state, std::int64_t bytes) {
  state.SetItemsProcessed(state.iterations() * kRows);
  state.counters["bytes_a_row"] = static_cast<double>(bytes) / static_cast<double>(kRows);
}

void write_directly(benchmark::State& state) {
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
  Batch batch = features(*memory);
  std::int64_t bytes = 0;
  for (auto _ : state) {
    auto writer = create_parquet(*batch.schema, std::make_unique<NullFile>(), {}, *memory);
    for (std::int64_t row = 0; row < kRows; row += kBatchRowsMax) writer->write(batch.slice(row, kBatchRowsMax));
    bytes = writer->finish().size_bytes;
  }
  report(state, bytes);
}

enum class ArrowMode { kDefault, kPlain, kDelta };

std::shared_ptr<parquet::WriterProperties> arrow_properties(ArrowMode mode, const Schema& schema) {
  parquet::WriterProperties::Builder builder;
  builder.max_row_group_length(WriterOptions{}.row_group_rows);
  builder.compression(mode == ArrowMode::kDefault ? parquet::Compression::SNAPPY : parquet::Compression::UNCOMPRESSED);
  if (mode != ArrowMode::kDefault) builder.disable_dictionary();
  if (mode != ArrowMode::kDelta) return builder.build();
  for (const Field& field : schema) {
    bool is_list = field.type.is_nested();
    TypeKind kind = is_list ? field.type.element().kind() : field.type.kind();
    if (kind != TypeKind::kInt64) continue;
    builder.encoding(field.name + (is_list ? ".list.element" : ""), parquet::Encoding::DELTA_BINARY_PACKED);
  }
  return builder.build();
}

void write_by_arrow(benchmark::State& state, ArrowMode mode) {
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
  Batch batch = features(*memory);
  std::shared_ptr<arrow::RecordBatch> rows = to_arrow(batch, *memory);
  std::int64_t bytes = 0;
  for (auto _ : state) {
    auto stream = std::make_shared<NullStream>();
    auto writer = unwrap(parquet::arrow::FileWriter::Open(*rows->schema(), arrow::default_memory_pool(), stream,
                                                          arrow_properties(mode, *batch.schema)),
                         "opening");
    for (std::int64_t row = 0; row < kRows; row += kBatchRowsMax) {
      unwrap(writer->WriteRecordBatch(*rows->Slice(row, kBatchRowsMax)), "writing");
    }
    unwrap(writer->Close(), "closing");
    bytes = unwrap(stream->Tell(), "telling");
  }
  report(state, bytes);
}

BENCHMARK(write_directly);
BENCHMARK_CAPTURE(write_by_arrow, dictionary_snappy, ArrowMode::kDefault);
BENCHMARK_CAPTURE(write_by_arrow, plain, ArrowMode::kPlain);
BENCHMARK_CAPTURE(write_by_arrow, delta, ArrowMode::kDelta);

}  // namespace
}  // namespace headrace
