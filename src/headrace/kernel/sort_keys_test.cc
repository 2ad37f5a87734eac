// Sort keys against the comparison of values.
#include "headrace/kernel/sort_keys.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <doctest/doctest.h>

#include "headrace/column/column_builder.h"
#include "headrace/kernel/row_order.h"

namespace headrace {
namespace {

template <typename T>
Column numbers(MemoryBudget& memory, const Type& type, std::initializer_list<T> values) {
  ColumnBuilder builder(memory, type);
  for (T value : values) builder.append(value);
  builder.append_null();
  builder.append(*values.begin());
  return builder.finish();
}

/// Whether the keys of a column compare as its values do, both ways, and nulls are where they shall be.
void check_keys(const std::shared_ptr<MemoryBudget>& memory, const Column& column) {
  for (bool descending : {false, true}) {
    for (bool nulls_last : {false, true}) {
      SortKeys keys(memory);
      SortOrder order{descending, nulls_last};
      keys.make({&column, 1}, {&order, 1}, {});
      REQUIRE(keys.size() == static_cast<std::size_t>(column.length()));
      for (std::int64_t a = 0; a < column.length(); ++a) {
        for (std::int64_t b = 0; b < column.length(); ++b) {
          CAPTURE(a);
          CAPTURE(b);
          std::strong_ordering wanted = compare_rows(column, a, column, b, FloatTies::kEqual);
          if (column.is_null(a) != column.is_null(b)) {
            wanted = column.is_null(a) == nulls_last ? std::strong_ordering::greater : std::strong_ordering::less;
          } else if (descending) {
            wanted = 0 <=> wanted;
          }
          CHECK((keys[static_cast<std::size_t>(a)].compare(keys[static_cast<std::size_t>(b)]) <=> 0) == wanted);
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("keys compare as values do, in every plain type") {
  auto memory = MemoryBudget::create();
  check_keys(memory, numbers<std::uint8_t>(*memory, TypeKind::kBool, {0, 1}));
  check_keys(memory, numbers<std::int8_t>(*memory, TypeKind::kInt8, {-128, -1, 0, 127}));
  check_keys(memory, numbers<std::int16_t>(*memory, TypeKind::kInt16, {300, -300}));
  check_keys(memory, numbers<std::int32_t>(*memory, TypeKind::kInt32, {-70000, 70000}));
  check_keys(memory, numbers<std::int32_t>(*memory, TypeKind::kDate, {-1, 0, 255, 256}));
  check_keys(memory, numbers<std::int64_t>(*memory, TypeKind::kInt64, {INT64_MIN, -1, 0, 1, 256, INT64_MAX}));
  check_keys(memory, numbers<std::int64_t>(*memory, TypeKind::kTimestamp, {-1, 0}));
  check_keys(memory, numbers<Int128>(*memory, Type::decimal(38, 0),
                                     {Int128{-1} << 100, Int128{-1}, Int128{0}, Int128{1} << 63, Int128{1} << 100}));
  double inf = std::numeric_limits<double>::infinity();
  double nan = std::numeric_limits<double>::quiet_NaN();
  check_keys(memory, numbers<double>(*memory, TypeKind::kFloat64, {nan, -inf, -1.5, -0.0, 0.0, 1e-310, inf, -nan}));
  check_keys(memory, numbers<float>(*memory, TypeKind::kFloat32, {-1.5F, -0.0F, 0.0F, 1e-40F, 3e38F}));
}

TEST_CASE("texts that hold or end in zeros, or begin one another, are in order") {
  auto memory = MemoryBudget::create();
  ColumnBuilder texts(*memory, TypeKind::kBinary);
  for (const char* text : {"", "a", "ab", "b", "\xff", "ü"}) texts.append_string(text);
  for (std::string_view text : {std::string_view("\0", 1), std::string_view("\0\0", 2), std::string_view("a\0", 2),
                                std::string_view("a\0b", 3), std::string_view("a\xff", 2)}) {
    texts.append_string(text);
  }
  texts.append_null();
  check_keys(memory, texts.finish());
}

TEST_CASE("rows are put in order by several columns, then by their ties, or else stay as they come") {
  auto memory = MemoryBudget::create();
  ColumnBuilder words(*memory, TypeKind::kString);
  ColumnBuilder counts(*memory, TypeKind::kInt32);
  for (auto [word, count] :
       std::initializer_list<std::pair<const char*, int>>{{"b", 1}, {"a", 1}, {"ab", 7}, {"a", 2}, {"b", 1}}) {
    words.append_string(word);
    counts.append<std::int32_t>(count);
  }
  std::vector<Column> columns = {words.finish(), counts.finish()};
  std::vector<SortOrder> orders = {{}, {.descending = true}};
  SortKeys keys(memory);
  keys.make(columns, orders, {});
  CHECK(keys.order() == std::vector<std::int32_t>{3, 1, 2, 0, 4});
  std::vector<std::uint64_t> ties = {9, 8, 7, 6, 5};
  keys.make(columns, orders, ties);
  CHECK(keys.order() == std::vector<std::int32_t>{3, 1, 2, 4, 0});
  keys.make({}, {}, ties);
  CHECK(keys.order() == std::vector<std::int32_t>{4, 3, 2, 1, 0});
}

TEST_CASE("keys and the order are charged") {
  auto memory = MemoryBudget::create(100000);
  ColumnBuilder numbers(*memory, TypeKind::kInt64);
  for (int i = 0; i < 5000; ++i) numbers.append<std::int64_t>(i);
  Column column = numbers.finish();
  SortOrder order;
  SortKeys keys(memory);
  CHECK_THROWS_WITH_AS(keys.make({&column, 1}, {&order, 1}, {}), doctest::Contains("sort keys"), Error);
}

}  // namespace headrace
