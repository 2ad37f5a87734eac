// Distinct rows against the rows themselves.
#include "headrace/kernel/distinct_rows.h"

#include <doctest/doctest.h>

#include "headrace/column/column_builder.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

MemoryBudget& memory() {
  static std::shared_ptr<MemoryBudget> budget = MemoryBudget::create();
  return *budget;
}

/// Lists of three float32: `kinds` different ones, one after another from `first` on.
Column lists(std::int64_t rows, std::int64_t kinds, std::int64_t first = 0) {
  ColumnBuilder builder(memory(), Type::fixed_size_list(TypeKind::kFloat32, 3));
  for (std::int64_t i = first; i < first + rows; ++i) {
    for (int k = 0; k < 3; ++k) builder.child(0).append(static_cast<float>(i % kinds * (k + 1)));
    builder.append_struct_end();
  }
  return builder.finish();
}

Column integers(std::int64_t rows, std::int64_t kinds) {
  ColumnBuilder builder(memory(), TypeKind::kInt64);
  for (std::int64_t i = 0; i < rows; ++i) builder.append(i * 7 % kinds);
  return builder.finish();
}

}  // namespace

TEST_CASE("rows become codes into distinct rows, in the order in which these first come") {
  DistinctRows distinct;
  std::vector<Column> pieces = {lists(5000, 40), lists(3000, 41, 17), lists(1, 3, 2)};
  for (const Column& piece : pieces) REQUIRE(distinct.add(memory(), piece));
  Column coded = distinct.finish(memory());
  REQUIRE(coded.is_dictionary());
  CHECK(coded.dictionary()->length() == 41);
  CHECK(coded.codes()[0] == 0);
  CHECK(coded.codes()[41] == 1);
  Column flat = flatten(memory(), coded);
  Column expected = concat(memory(), pieces);
  REQUIRE(flat.length() == expected.length());
  auto values = flat.child(0).values<float>();
  CHECK(std::ranges::equal(values, expected.child(0).values<float>()));
}

TEST_CASE("rows that hardly repeat are given up, and what came before can still be had") {
  DistinctRows distinct;
  REQUIRE(distinct.add(memory(), integers(4000, 4000)));
  CHECK_FALSE(distinct.add(memory(), lists(10, 2)));          // of another size
  CHECK_FALSE(distinct.add(memory(), integers(4000, 5000)));  // a fourth of them is new
  Column before = flatten(memory(), distinct.finish(memory()));
  CHECK(std::ranges::equal(before.values<std::int64_t>(), integers(4000, 4000).values<std::int64_t>()));
  CHECK_FALSE(DistinctRows().add(memory(), integers(40'000, 40'000)));
}

TEST_CASE("texts, codes and columns with nulls are not taken") {
  ColumnBuilder text(memory(), TypeKind::kString);
  ColumnBuilder null(memory(), TypeKind::kInt64);
  null.append_null();
  CHECK(DistinctRows::can_take(integers(3, 3)));
  CHECK_FALSE(DistinctRows::can_take(text.finish()));
  CHECK_FALSE(DistinctRows::can_take(null.finish()));
  DistinctRows distinct;
  REQUIRE(distinct.add(memory(), integers(100, 3)));
  CHECK_FALSE(DistinctRows::can_take(distinct.finish(memory())));
}

}  // namespace headrace
