// Records against gather(), which picks values column by column.
#include "headrace/kernel/record_table.h"

#include <limits>
#include <random>

#include <doctest/doctest.h>

#include "headrace/column/column_builder.h"
#include "headrace/column/value.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

constexpr std::int64_t kRows = 700;

MemoryBudget& memory() {
  static std::shared_ptr<MemoryBudget> budget = MemoryBudget::create();
  return *budget;
}

/// A column of `kRows` rows; `append` adds row i to the builder.
template <typename Append>
std::shared_ptr<const Column> column_of(const Type& type, const Append& append) {
  ColumnBuilder builder(memory(), type);
  for (std::int64_t i = 0; i < kRows; ++i) append(builder, i);
  return std::make_shared<const Column>(builder.finish());
}

/// Integers from a small range around `around`, whose first rows are `edges`.
template <typename T>
std::shared_ptr<const Column> integers(const Type& type, std::int64_t around, std::vector<T> edges = {}) {
  return column_of(type, [&](ColumnBuilder& builder, std::int64_t i) {
    std::size_t at = static_cast<std::size_t>(i);
    builder.append(at < edges.size() ? edges[at] : static_cast<T>(around + i * 7 % 100));
  });
}

RecordTable::Columns all_kinds() {
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  std::mt19937 random(7);
  RecordTable::Columns columns = {
      integers<std::int64_t>(TypeKind::kInt64, -3),
      integers<std::int64_t>(TypeKind::kInt64, 70'000, {0, 65'535}),
      integers<std::int64_t>(TypeKind::kTimestamp, 1'700'000'000'000'000, {1'600'000'000'000'000}),
      integers<std::int64_t>(TypeKind::kInt64, 0, {kMin, kMax, -1}),
      integers<std::int32_t>(TypeKind::kDate, 20'000, {-20'000}),
      integers<std::int16_t>(TypeKind::kInt16, 0, {-32'768, 32'767}),
      integers<std::int8_t>(TypeKind::kInt8, 0),
  };
  columns.push_back(
      column_of(TypeKind::kBool, [](ColumnBuilder& b, std::int64_t i) { b.append<std::uint8_t>(i % 3 == 0); }));
  columns.push_back(column_of(TypeKind::kFloat32, [](ColumnBuilder& b, std::int64_t i) {
    b.append(i == 5 ? -0.0F : i == 6 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(i % 250) * 0.1F);
  }));
  columns.push_back(
      column_of(TypeKind::kFloat64, [&](ColumnBuilder& b, std::int64_t) { b.append(static_cast<double>(random())); }));
  columns.push_back(column_of(TypeKind::kFloat64, [](ColumnBuilder& b, std::int64_t i) {
    i % 5 == 1 ? b.append_null() : b.append(static_cast<double>(i));
  }));
  columns.push_back(column_of(Type::decimal(38, 2), [](ColumnBuilder& b, std::int64_t i) {
    b.append(static_cast<Int128>(i) * 1'000'000'007 * 1'000'000'007 * (i % 2 == 0 ? 1 : -1));
  }));
  columns.push_back(column_of(Type::fixed_size_list(TypeKind::kInt64, 3), [](ColumnBuilder& b, std::int64_t i) {
    for (std::int64_t k = 0; k < 3; ++k) b.child(0).append(i * k);
    b.append_struct_end();
  }));
  columns.push_back(column_of(Type::fixed_size_list(TypeKind::kFloat32, 5), [](ColumnBuilder& b, std::int64_t i) {
    for (int k = 0; k < 5; ++k) b.child(0).append(i % 5 == k ? 1.0F : 0.0F);
    b.append_struct_end();
  }));
  return columns;
}

void check_same(const Column& a, const Column& b) {
  REQUIRE(a.type() == b.type());
  REQUIRE(a.length() == b.length());
  for (std::int64_t row = 0; row < a.length(); ++row) {
    REQUIRE(a.is_null(row) == b.is_null(row));
    if (a.type().kind() == TypeKind::kFixedSizeList) {
      check_same(a.slice(row, 1).child(0), b.slice(row, 1).child(0));
    } else if (a.type().kind() == TypeKind::kFloat32) {
      std::size_t at = static_cast<std::size_t>(row);
      REQUIRE(a.values<std::uint32_t>()[at] == b.values<std::uint32_t>()[at]);
    } else {
      REQUIRE(value_at(a, row).to_string() == value_at(b, row).to_string());
    }
  }
}

}  // namespace

TEST_CASE("records give what columns hold, for every type of fixed width") {
  RecordTable::Columns columns = all_kinds();
  RecordTable table(memory(), columns, 1 << 30);
  std::mt19937 random(11);
  for (bool with_null : {false, true}) {
    std::vector<std::int32_t> codes;
    for (int i = 0; i < 1000; ++i) codes.push_back(with_null && i % 9 == 2 ? -1 : static_cast<int>(random() % kRows));
    std::vector<Column> gathered = table.gather(memory(), codes);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      CAPTURE(columns[i]->type().to_string());
      check_same(gathered[i], gather(memory(), *columns[i], codes));
    }
  }
  CHECK(table.gather(memory(), {})[0].length() == 0);
}

TEST_CASE("columns of records are known by the object, and records that are too large are refused") {
  RecordTable::Columns columns = all_kinds();
  RecordTable table(memory(), columns, 1 << 30);
  CHECK(table.find(columns[3]) == 3);
  CHECK(table.find(std::make_shared<const Column>(*columns[3])) == std::nullopt);
  CHECK_THROWS_WITH_AS(RecordTable(memory(), columns, kRows), doctest::Contains("memory budget"), Error);
}

TEST_CASE("records hold codes, and give them over the same values") {
  RecordTable::Columns columns = all_kinds();
  auto buffer = Buffer::allocate(memory(), kRows * sizeof(std::int32_t));
  for (std::int32_t i = 0; i < kRows; ++i) buffer->mutable_as<std::int32_t>()[i] = i % 10 == 3 ? -1 : i % 600;
  auto coded = std::make_shared<const Column>(Column::dictionary(kRows, buffer, columns.back()));
  RecordTable table(memory(), {columns[0], coded}, 1 << 30);
  std::vector<std::int32_t> codes = {5, -1, 3, 699, 0, 13};
  Column gathered = table.gather(memory(), codes)[1];
  REQUIRE(gathered.is_dictionary());
  CHECK(gathered.dictionary() == columns.back());
  CHECK(std::ranges::equal(gathered.codes(), std::vector<std::int32_t>{5, -1, -1, 99, 0, -1}));
}

TEST_CASE("records do not hold texts, lists of any length, codes of codes, and lists with nulls") {
  ColumnBuilder text(memory(), TypeKind::kString);
  ColumnBuilder list(memory(), Type::list(TypeKind::kInt64));
  ColumnBuilder pair(memory(), Type::fixed_size_list(TypeKind::kInt64, 2));
  pair.append_null();
  CHECK_FALSE(RecordTable::can_hold(text.finish()));
  CHECK_FALSE(RecordTable::can_hold(list.finish()));
  CHECK_FALSE(RecordTable::can_hold(pair.finish()));
  auto codes = Buffer::allocate(memory(), sizeof(std::int32_t));
  *codes->mutable_as<std::int32_t>() = 0;
  auto once = std::make_shared<const Column>(Column::dictionary(1, codes, all_kinds()[0]));
  CHECK(RecordTable::can_hold(*once));
  CHECK_FALSE(RecordTable::can_hold(Column::dictionary(1, codes, once)));
}

}  // namespace headrace
