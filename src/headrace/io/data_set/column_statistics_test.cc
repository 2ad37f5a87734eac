// Counts and bounds of columns: any layout, lists, NaN and infinities, any order.
#include "headrace/io/data_set/column_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "headrace/io/binary_format_test_table.h"

namespace headrace {
namespace {

std::shared_ptr<MemoryBudget> memory() {
  static std::shared_ptr<MemoryBudget> budget = MemoryBudget::create();
  return budget;
}

template <typename T>
Column column_of(TypeKind kind, const std::vector<std::optional<T>>& values) {
  ColumnBuilder builder(*memory(), kind);
  for (const std::optional<T>& value : values) value ? builder.append(*value) : builder.append_null();
  return builder.finish();
}

ColumnStatistics of(const Column& column) {
  ColumnStatistics statistics;
  statistics.add(column);
  return statistics;
}

std::string text_of(const ColumnStatistics& statistics) {
  auto text = [](const std::optional<Value>& value) { return value ? value->to_string() : "none"; };
  return fmt::format("{} {} {}", statistics.null_count(), text(statistics.min()), text(statistics.max()));
}

}  // namespace

TEST_CASE("integers, dates and bool have integer bounds, and nulls are counted") {
  CHECK(text_of(of(column_of<std::int8_t>(TypeKind::kInt8, {3, std::nullopt, -128, 127}))) == "1 -128 127");
  CHECK(text_of(of(column_of<std::int64_t>(TypeKind::kInt64, {INT64_MIN, INT64_MAX}))) ==
        "0 -9223372036854775808 9223372036854775807");
  CHECK(text_of(of(column_of<std::int32_t>(TypeKind::kDate, {10, 20}))) == "0 10 20");
  CHECK(text_of(of(column_of<std::uint8_t>(TypeKind::kBool, {std::uint8_t{1}}))) == "0 1 1");
  CHECK(text_of(of(column_of<std::int64_t>(TypeKind::kInt64, {std::nullopt, std::nullopt}))) == "2 none none");
  CHECK(text_of(of(column_of<std::int64_t>(TypeKind::kInt64, {}))) == "0 none none");
}

TEST_CASE("floats have bounds without NaN, and one zero") {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  CHECK(text_of(of(column_of<double>(TypeKind::kFloat64, {kNan, 2.5, -1.0, kNan}))) == "0 -1.0 2.5");
  CHECK(text_of(of(column_of<double>(TypeKind::kFloat64, {kNan}))) == "0 none none");
  CHECK(of(column_of<double>(TypeKind::kFloat64, {kInf})).min()->as_double() == kInf);
  CHECK(of(column_of<double>(TypeKind::kFloat64, {-kInf, kInf})).min()->as_double() == -kInf);
  CHECK_FALSE(std::signbit(of(column_of<float>(TypeKind::kFloat32, {-0.0F})).min()->as_double()));
}

TEST_CASE("lists have the bounds of their elements, texts have none") {
  ColumnBuilder lists(*memory(), Type::list(TypeKind::kInt64));
  lists.child(0).append<std::int64_t>(7);
  lists.child(0).append<std::int64_t>(-2);
  lists.append_list_end();
  lists.append_null();
  lists.append_list_end();
  CHECK(text_of(of(lists.finish())) == "1 -2 7");
  ColumnBuilder pairs(*memory(), Type::fixed_size_list(TypeKind::kFloat32, 2));
  pairs.child(0).append(1.5F);
  pairs.child(0).append(2.5F);
  pairs.append_struct_end();
  pairs.append_null();
  CHECK(text_of(of(pairs.finish())) == "1 1.5 2.5");
  ColumnBuilder texts(*memory(), TypeKind::kString);
  texts.append_string("a");
  CHECK(text_of(of(texts.finish())) == "0 none none");
}

TEST_CASE("lists that are coded, of elements that are coded, have bounds of what the codes stand for") {
  Column elements = column_of<std::int64_t>(TypeKind::kInt64, {-9, 5, std::nullopt, 8, 99});
  std::shared_ptr<Buffer> element_codes = Buffer::allocate(*memory(), 6 * sizeof(std::int32_t));
  std::ranges::copy(std::to_array<std::int32_t>({1, 3, 2, -1, 0, 4}), element_codes->mutable_as<std::int32_t>());
  Column pairs =
      Column::fixed_size_list(Type::fixed_size_list(TypeKind::kInt64, 2), 3,
                              Column::dictionary(6, element_codes, std::make_shared<const Column>(elements)));
  std::shared_ptr<Buffer> codes = Buffer::allocate(*memory(), 4 * sizeof(std::int32_t));
  std::ranges::copy(std::to_array<std::int32_t>({0, 1, -1, 0}), codes->mutable_as<std::int32_t>());
  auto lists = std::make_shared<const Column>(pairs);
  CHECK(text_of(of(Column::dictionary(4, codes, lists))) == "1 5 8");
  codes->mutable_as<std::int32_t>()[3] = 2;
  CHECK(text_of(of(Column::dictionary(4, codes, lists))) == "1 -9 99");
}

TEST_CASE("neither the layout nor the order nor the cuts of rows matter") {
  Schema schema = schema_of_types({TypeKind::kInt16, TypeKind::kFloat64, TypeKind::kTimestamp,
                                   Type::list(TypeKind::kInt32), Type::fixed_size_list(TypeKind::kFloat32, 3)});
  Batch batch = sample_batch(schema, 1000, *memory());
  std::shared_ptr<Buffer> codes = Buffer::allocate(*memory(), 1000 * sizeof(std::int32_t));
  for (std::int32_t i = 0; i < 1000; ++i) codes->mutable_as<std::int32_t>()[i] = 999 - i;
  for (const Column& column : batch.columns) {
    std::string expected = text_of(of(column));
    Column coded = Column::dictionary(1000, codes, std::make_shared<const Column>(column));
    CHECK(text_of(of(coded)) == expected);
    CHECK(text_of(of(Column::dictionary(1000, codes, std::make_shared<const Column>(coded)))) == expected);
    ColumnStatistics parts = of(coded.slice(0, 300));
    parts.add(Column::dictionary(1000, codes, std::make_shared<const Column>(column)).slice(200, 100));
    parts.add(coded.slice(300, 700));
    CHECK(parts.null_count() >= of(column).null_count());
    CHECK(text_of(parts).substr(text_of(parts).find(' ')) == expected.substr(expected.find(' ')));
    parts = of(column.slice(300, 700));
    parts.merge(of(column.slice(0, 300)));
    CHECK(text_of(parts) == expected);
  }
}

}  // namespace headrace
