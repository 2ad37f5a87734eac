// The order of values, type by type.
#include "headrace/kernel/row_order.h"

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "headrace/column/column_builder.h"

namespace headrace {
namespace {

/// Whether each row is before all that follow it, and equal to itself, also in a slice that starts elsewhere.
void check_ascends(const Column& column, FloatTies float_ties = FloatTies::kByBits) {
  for (std::int64_t i = 0; i < column.length(); ++i) {
    Column rest = column.slice(i, column.length() - i);
    CHECK(compare_rows(column, i, rest, 0, float_ties) == std::strong_ordering::equal);
    for (std::int64_t j = 1; j < rest.length(); ++j) {
      CAPTURE(i);
      CAPTURE(j);
      CHECK(compare_rows(column, i, rest, j, float_ties) == std::strong_ordering::less);
      CHECK(compare_rows(rest, j, column, i, float_ties) == std::strong_ordering::greater);
    }
  }
}

template <typename T>
Column ascending(MemoryBudget& memory, const Type& type, std::initializer_list<T> values) {
  ColumnBuilder builder(memory, type);
  builder.append_null();
  for (T value : values) builder.append(value);
  return builder.finish();
}

}  // namespace

TEST_CASE("null is first, then values ascend, in every plain type") {
  auto memory = MemoryBudget::create();
  check_ascends(ascending<std::uint8_t>(*memory, TypeKind::kBool, {0, 1}));
  check_ascends(ascending<std::int8_t>(*memory, TypeKind::kInt8, {-128, -1, 0, 127}));
  check_ascends(ascending<std::int16_t>(*memory, TypeKind::kInt16, {-300, 300}));
  check_ascends(ascending<std::int32_t>(*memory, TypeKind::kInt32, {-70000, 70000}));
  check_ascends(ascending<std::int32_t>(*memory, TypeKind::kDate, {-1, 0}));
  check_ascends(ascending<std::int64_t>(*memory, TypeKind::kInt64, {INT64_MIN, -1, 0, INT64_MAX}));
  check_ascends(ascending<std::int64_t>(*memory, TypeKind::kTimestamp, {-1, 0}));
  check_ascends(ascending<Int128>(*memory, Type::decimal(38, 0), {Int128{-1} << 100, Int128{-1}, Int128{1} << 100}));
  ColumnBuilder texts(*memory, TypeKind::kString);
  texts.append_null();
  for (const char* text : {"", "a", "ab", "b", "ü"}) texts.append_string(text);
  check_ascends(texts.finish());
}

TEST_CASE("floats ascend with NaN last; both zeros and all NaN are equal, or ordered by their bits") {
  auto memory = MemoryBudget::create();
  constexpr double kInf = std::numeric_limits<double>::infinity();
  double nan = std::numeric_limits<double>::quiet_NaN();
  check_ascends(ascending<double>(*memory, TypeKind::kFloat64, {-kInf, -1.5, -0.0, 0.0, 1e-310, kInf, -nan, nan}));
  check_ascends(ascending<double>(*memory, TypeKind::kFloat64, {-kInf, -1.5, 0.0, 1e-310, kInf, nan}),
                FloatTies::kEqual);
  auto small = static_cast<float>(nan);
  check_ascends(ascending<float>(*memory, TypeKind::kFloat32, {-1.5F, -0.0F, 0.0F, 1.5F, -small, small}));
  Column zeros = ascending<double>(*memory, TypeKind::kFloat64, {-0.0, 0.0});
  CHECK(compare_rows(zeros, 1, zeros, 2, FloatTies::kEqual) == std::strong_ordering::equal);
  Column nans = ascending<float>(*memory, TypeKind::kFloat32, {-small, small});
  CHECK(compare_rows(nans, 1, nans, 2, FloatTies::kEqual) == std::strong_ordering::equal);
}

TEST_CASE("a column in dictionary layout compares by what its codes stand for") {
  auto memory = MemoryBudget::create();
  auto values = std::make_shared<const Column>(ascending<std::int64_t>(*memory, TypeKind::kInt64, {7, 5}));
  std::shared_ptr<Buffer> codes = Buffer::allocate(*memory, 4 * sizeof(std::int32_t));
  std::int32_t rows[] = {-1, 2, 1, 0};  // null, 5, 7, null
  for (std::size_t i = 0; i < 4; ++i) codes->mutable_as<std::int32_t>()[i] = rows[i];
  Column coded = Column::dictionary(4, codes, values);
  check_ascends(coded.slice(0, 3));
  CHECK(compare_rows(coded, 0, coded, 3, FloatTies::kByBits) == std::strong_ordering::equal);
  Column plain = ascending<std::int64_t>(*memory, TypeKind::kInt64, {6});
  CHECK(compare_rows(coded, 1, plain, 1, FloatTies::kByBits) == std::strong_ordering::less);
  CHECK(compare_rows(plain, 1, coded, 2, FloatTies::kByBits) == std::strong_ordering::less);
}

TEST_CASE("lists and structs compare part by part, and a list before what it begins") {
  auto memory = MemoryBudget::create();
  ColumnBuilder lists(*memory, Type::list(TypeKind::kInt64));
  lists.append_null();
  auto append = [&](std::initializer_list<std::int64_t> values) {
    for (std::int64_t value : values) lists.child(0).append(value);
    lists.append_list_end();
  };
  append({});
  lists.child(0).append_null();
  lists.append_list_end();
  append({1});
  append({1, 2});
  append({2});
  check_ascends(lists.finish());

  ColumnBuilder pairs(*memory, Type::structure({{"a", TypeKind::kInt64, true}, {"b", TypeKind::kString, true}}));
  auto append_pair = [&](std::int64_t a, std::string_view b) {
    pairs.child(0).append(a);
    pairs.child(1).append_string(b);
    pairs.append_struct_end();
  };
  append_pair(1, "z");
  append_pair(2, "a");
  append_pair(2, "b");
  check_ascends(pairs.finish());

  ColumnBuilder fixed(*memory, Type::fixed_size_list(TypeKind::kInt64, 2));
  for (std::int64_t value : {1, 2, 1, 3, 2, 0}) {
    fixed.child(0).append(value);
    if (fixed.child(0).length() % 2 == 0) fixed.append_struct_end();
  }
  check_ascends(fixed.finish());
}

}  // namespace headrace
