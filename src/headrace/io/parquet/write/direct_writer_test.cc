// The direct writer against Arrow: what it writes, Arrow reads as the same table, and describes as Arrow's own writer
// does.
#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <doctest/doctest.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/statistics.h>

#include "headrace/base/test_size.h"
#include "headrace/column/arrow.h"
#include "headrace/io/binary_format_test_table.h"
#include "headrace/io/parquet/write/file_writer.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

using Random = std::mt19937_64;
using Create = decltype(&create_direct_parquet);

/// How the values of a column are drawn.
enum class Shape { kConstant, kTwo, kSmallRange, kFewDistinct, kRuns, kAscending, kAny };
constexpr Shape kShapes[] = {Shape::kConstant, Shape::kTwo,       Shape::kSmallRange, Shape::kFewDistinct,
                             Shape::kRuns,     Shape::kAscending, Shape::kAny};

std::uint64_t draw(Shape shape, std::int64_t row, Random& random) {
  switch (shape) {
    case Shape::kConstant: return 42;
    case Shape::kTwo: return random() % 2;
    case Shape::kSmallRange: return 100 + random() % 29;
    case Shape::kFewDistinct: return (random() % 50) * 0x0123456789abcdef;
    case Shape::kRuns: return static_cast<std::uint64_t>(row) / (1 + static_cast<std::uint64_t>(row) % 50) % 7;
    case Shape::kAscending: return static_cast<std::uint64_t>(row) * 3 + random() % 3;
    case Shape::kAny: return random();
  }
  return 0;
}

template <typename Float>
Float float_of(Shape shape, std::uint64_t drawn) {
  if (shape == Shape::kTwo) return static_cast<Float>(drawn);
  if (drawn % 31 == 0) return Float{-0.0};
  if (drawn % 37 == 0) return std::numeric_limits<Float>::quiet_NaN();
  return static_cast<Float>(static_cast<std::int64_t>(drawn)) / Float{3};
}

void append_random(ColumnBuilder& builder, Shape shape, std::int64_t row, double null_rate, Random& random) {
  const Type& type = builder.type();
  if (std::uniform_real_distribution<double>()(random) < null_rate) return builder.append_null();
  std::uint64_t drawn = draw(shape, row, random);
  switch (type.kind()) {
    case TypeKind::kBool: return builder.append<std::uint8_t>(static_cast<std::uint8_t>(drawn & 1));
    case TypeKind::kInt8: return builder.append(static_cast<std::int8_t>(drawn));
    case TypeKind::kInt16: return builder.append(static_cast<std::int16_t>(drawn));
    case TypeKind::kDate:
    case TypeKind::kInt32: return builder.append(static_cast<std::int32_t>(drawn));
    case TypeKind::kFloat32: return builder.append(float_of<float>(shape, drawn));
    case TypeKind::kFloat64: return builder.append(float_of<double>(shape, drawn));
    case TypeKind::kString:
    case TypeKind::kBinary: return builder.append_string(std::string(drawn % 20, 'x') + std::to_string(drawn));
    case TypeKind::kList:
      for (std::uint64_t i = 0; i < drawn % 5; ++i) append_random(builder.child(0), shape, row, null_rate, random);
      return builder.append_list_end();
    case TypeKind::kFixedSizeList:
      for (int i = 0; i < type.list_size(); ++i) append_random(builder.child(0), shape, row, null_rate, random);
      return builder.append_struct_end();
    default: return builder.append(static_cast<std::int64_t>(drawn));
  }
}

std::vector<Type> written_types() {
  std::vector<Type> flat = {TypeKind::kBool,   TypeKind::kInt8,    TypeKind::kInt16,     TypeKind::kInt32,
                            TypeKind::kInt64,  TypeKind::kFloat32, TypeKind::kFloat64,   TypeKind::kString,
                            TypeKind::kBinary, TypeKind::kDate,    TypeKind::kTimestamp, TypeKind::kTimestampNtz};
  std::vector<Type> types = flat;
  for (const Type& type : flat) {
    types.push_back(Type::list(type));
    types.push_back(Type::fixed_size_list(type, 3));
  }
  types.push_back(Type::fixed_size_list(TypeKind::kFloat32, 17));
  return types;
}

Batch random_batch(const Schema& schema, Shape shape, std::int64_t row_count, double null_rate, Random& random,
                   MemoryBudget& memory) {
  Batch batch{std::make_shared<const Schema>(schema), {}, row_count};
  for (const Field& field : schema) {
    ColumnBuilder builder(memory, field.type);
    for (std::int64_t row = 0; row < row_count; ++row) {
      append_random(builder, shape, row, field.nullable ? null_rate : 0, random);
    }
    batch.columns.push_back(builder.finish());
  }
  return batch;
}

struct ParquetTwins {
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
  MemoryFileSystem files;

  const std::string& write(Create create, const std::vector<Batch>& batches, const WriterOptions& options) {
    std::unique_ptr<FileWriter> writer = create(*batches.at(0).schema, files.create("t"), options, *memory);
    for (const Batch& batch : batches) writer->write(batch);
    writer->finish();
    return files.files["t"];
  }
};

std::unique_ptr<parquet::arrow::FileReader> open_arrow(const std::string& bytes) {
  parquet::ReaderProperties properties;
  properties.set_page_checksum_verification(true);
  auto file = parquet::ParquetFileReader::Open(
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes)), properties);
  return unwrap(parquet::arrow::FileReader::Make(arrow::default_memory_pool(), std::move(file)), "opening");
}

/// Whether Arrow reads the rows of `batch` from the file.
bool reads_as(const std::string& bytes, const Batch& batch, MemoryBudget& memory) {
  std::shared_ptr<arrow::Table> table = unwrap(open_arrow(bytes)->ReadTable(), "reading");
  unwrap(table->ValidateFull(), "validating");
  auto expected = unwrap(arrow::Table::FromRecordBatches({to_arrow(batch, memory)}), "building");
  return table->Equals(*expected, arrow::EqualOptions::Defaults().nans_equal(true).signed_zeros_equal(false));
}

}  // namespace

TEST_CASE("Arrow reads what is written directly: every type, shape of values, rate of nulls and length") {
  Random random(4);
  ParquetTwins twins;
  Schema schema = schema_of_types(written_types());
  for (Shape shape : kShapes) {
    for (double null_rate : {0.0, 0.2, 1.0}) {
      for (std::int64_t rows : {0, 1, 7, 64, 65, 700}) {
        CAPTURE(static_cast<int>(shape));
        CAPTURE(null_rate);
        CAPTURE(rows);
        Batch batch = random_batch(schema, shape, rows, null_rate, random, *twins.memory);
        CHECK(reads_as(twins.write(create_direct_parquet, {batch}, {}), batch, *twins.memory));
      }
    }
  }
}

TEST_CASE("many pages and row groups read back, whatever the cuts of batches, and give the same bytes") {
  Random random(5);
  ParquetTwins twins;
  int combination = 0;
  for (const Type& type : written_types()) {
    for (Shape shape : {Shape::kTwo, Shape::kRuns, Shape::kAny}) {
      if (combination++ % kTestShare != 0) continue;
      CAPTURE(type.to_string());
      CAPTURE(static_cast<int>(shape));
      std::int64_t rows = type.is_nested() ? 20000 : 80000;
      Batch batch =
          random_batch(Schema({{"n", type}, {"r", type, false}}), shape, rows + 13, 0.05, random, *twins.memory);
      batch = batch.slice(13, rows);
      std::vector<Batch> pieces;
      for (std::int64_t at = 0; at < rows;) {
        std::int64_t count = std::min<std::int64_t>(rows - at, 1 + static_cast<std::int64_t>(random() % 30000));
        pieces.push_back(batch.slice(at, count));
        at += count;
      }
      WriterOptions options{.compression = "", .row_group_rows = rows * 2 / 3};
      std::string whole = twins.write(create_direct_parquet, {batch}, options);
      CHECK(reads_as(whole, batch, *twins.memory));
      CHECK((twins.write(create_direct_parquet, pieces, options) == whole));
    }
  }
}

TEST_CASE("columns in dictionary layout are written as the same bytes as plain ones") {
  Random random(9);
  ParquetTwins twins;
  Schema schema = schema_of_types(written_types());
  for (Shape shape : {Shape::kTwo, Shape::kFewDistinct, Shape::kAny}) {
    for (std::int64_t value_count : {1, 30, 4000}) {
      CAPTURE(static_cast<int>(shape));
      CAPTURE(value_count);
      Batch values = random_batch(schema, shape, value_count, 0.1, random, *twins.memory);
      constexpr std::int64_t kRows = 2500;
      std::shared_ptr<Buffer> codes = Buffer::allocate(*twins.memory, kRows * sizeof(std::int32_t));
      std::shared_ptr<Buffer> valid_codes = Buffer::allocate(*twins.memory, kRows * sizeof(std::int32_t));
      for (std::int64_t i = 0; i < kRows; ++i) {
        std::int32_t code = static_cast<std::int32_t>(random() % static_cast<std::uint64_t>(value_count));
        valid_codes->mutable_as<std::int32_t>()[i] = code;
        codes->mutable_as<std::int32_t>()[i] = random() % 9 == 0 ? -1 : code;
      }
      Batch coded{values.schema, {}, kRows};
      for (std::size_t i = 0; i < schema.size(); ++i) {
        auto dictionary = std::make_shared<const Column>(values.columns[i]);
        if (i % 5 == 4) {
          std::shared_ptr<Buffer> inner = value_count < kRows ? valid_codes : nullptr;
          if (inner) dictionary = std::make_shared<const Column>(Column::dictionary(value_count, inner, dictionary));
        }
        coded.columns.push_back(Column::dictionary(kRows, schema[i].nullable ? codes : valid_codes, dictionary));
      }
      Batch plain = flatten(*twins.memory, coded);
      std::string bytes = twins.write(create_direct_parquet, {plain.slice(3, 2000), plain.slice(2003, 400)}, {});
      CHECK(reads_as(bytes, plain.slice(3, 2400), *twins.memory));
      CHECK((twins.write(create_direct_parquet, {coded.slice(3, 2400)}, {}) == bytes));
      // One batch in one layout, the next in the other.
      CHECK((twins.write(create_direct_parquet, {plain.slice(3, 900), coded.slice(903, 1500)}, {}) == bytes));
    }
  }
}

TEST_CASE("the schema and the statistics are those of Arrow's writer") {
  Random random(6);
  ParquetTwins twins;
  Schema schema = schema_of_types(written_types());
  Batch batch = random_batch(schema, Shape::kFewDistinct, 300, 0.1, random, *twins.memory);
  auto direct = open_arrow(twins.write(create_direct_parquet, {batch}, {}))->parquet_reader()->metadata();
  auto arrow = open_arrow(twins.write(create_arrow_parquet, {batch}, {}))->parquet_reader()->metadata();
  CHECK(direct->schema()->Equals(*arrow->schema()));
  CHECK(direct->created_by() == arrow->created_by());
  std::vector<std::string> keys = arrow->key_value_metadata()->keys();
  CHECK(direct->key_value_metadata()->size() == static_cast<std::int64_t>(keys.size()));
  for (const std::string& key : keys) CHECK(direct->key_value_metadata()->Contains(key));
  CHECK(*direct->key_value_metadata()->Get("ARROW:schema") == *arrow->key_value_metadata()->Get("ARROW:schema"));
  for (int i = 0; i < direct->num_columns(); ++i) {
    CAPTURE(direct->schema()->Column(i)->path()->ToDotString());
    auto own = direct->RowGroup(0)->ColumnChunk(i);
    auto twin = arrow->RowGroup(0)->ColumnChunk(i);
    CHECK(own->num_values() == twin->num_values());
    REQUIRE(own->is_stats_set());
    CHECK(own->statistics()->HasMinMax() == twin->statistics()->HasMinMax());
    CHECK(own->statistics()->EncodeMin() == twin->statistics()->EncodeMin());
    CHECK(own->statistics()->EncodeMax() == twin->statistics()->EncodeMax());
    if (direct->schema()->Column(i)->max_repetition_level() > 0) continue;
    CHECK(own->statistics()->null_count() == twin->statistics()->null_count());
  }
}

TEST_CASE("a row group ends before its rows take more memory than they may") {
  ParquetTwins twins;
  twins.memory = MemoryBudget::create(256 << 20);
  Random random(7);
  Schema schema({{"wide", Type::fixed_size_list(TypeKind::kFloat32, 1000), false}});
  Batch batch = random_batch(schema, Shape::kTwo, 5000, 0, random, *twins.memory);
  const std::string& bytes = twins.write(create_direct_parquet, {batch}, {});
  // 8 MiB are 2,097.2 rows, looked at every 1,024.
  CHECK(open_arrow(bytes)->parquet_reader()->metadata()->RowGroup(0)->num_rows() == 3072);
  CHECK(reads_as(bytes, batch, *twins.memory));
  CHECK(bytes.size() < 5000 * 1000 / 8 * 11 / 10);
}

TEST_CASE("ids take the bits they need, ascending numbers nearly none, few distinct floats their number") {
  ParquetTwins twins;
  Random random(8);
  auto bytes_a_row = [&](const Type& type, const std::function<void(ColumnBuilder&, std::int64_t)>& append) {
    constexpr std::int64_t kRows = 60000;
    ColumnBuilder builder(*twins.memory, type);
    for (std::int64_t row = 0; row < kRows; ++row) append(builder, row);
    Schema schema({{"c", type, false}});
    Batch batch{std::make_shared<const Schema>(schema), {builder.finish()}, kRows};
    const std::string& bytes = twins.write(create_direct_parquet, {batch}, {});
    CHECK(reads_as(bytes, batch, *twins.memory));
    return static_cast<double>(bytes.size()) / static_cast<double>(kRows);
  };
  using Builder = ColumnBuilder;
  CHECK(bytes_a_row(TypeKind::kInt64, [&](Builder& b, auto) { b.append(static_cast<std::int64_t>(random() % 16)); }) <
        0.52);
  CHECK(bytes_a_row(TypeKind::kInt64,
                    [&](Builder& b, auto) { b.append(static_cast<std::int64_t>(random() % 100000)); }) < 2.5);
  CHECK(bytes_a_row(TypeKind::kInt64, [&](Builder& b, auto row) { b.append<std::int64_t>(row + 1000000); }) < 0.1);
  CHECK(bytes_a_row(TypeKind::kInt64, [&](Builder& b, auto row) { b.append<std::int64_t>(row / 5000); }) < 0.02);
  CHECK(bytes_a_row(TypeKind::kFloat32, [&](Builder& b, auto) { b.append(static_cast<float>(random() % 200) / 7); }) <
        1.05);
}

}  // namespace headrace
