// Aggregates on small tables of rows.
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include <doctest/doctest.h>

#include "headrace/column/decimal.h"
#include "headrace/expr/aggregate/check_aggregate.h"

namespace headrace {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<std::string> aggregate_cells(std::string_view name, const Column& column, const Groups& groups,
                                         std::size_t group_count) {
  return cells_of(updated(name, column, groups, group_count)->finish(test_memory()));
}

/// One group with all rows.
std::string aggregate_cell(std::string_view name, const Column& column) {
  return aggregate_cells(name, column, Groups(static_cast<std::size_t>(column.length())), 1)[0];
}

Column float64s(std::initializer_list<std::optional<double>> rows) { return numbers<double>(TypeKind::kFloat64, rows); }

TEST_CASE("count counts rows, or values that are not null") {
  const AggregateFunction* count = find_aggregate("count");
  auto rows = count->make(Type(), test_memory());
  rows->resize(3);
  rows->update(nullptr, Groups{0, 2, 0});
  CHECK(cells_of(rows->finish(test_memory())) == std::vector<std::string>{"2", "0", "1"});
  CHECK(aggregate_cells("count", int64s({1, std::nullopt, 2}), {0, 1, 0}, 3) ==
        std::vector<std::string>{"2", "0", "0"});
  CHECK(aggregate_cell("count", texts({})) == "0");
}

TEST_CASE("empty groups and groups of nulls are null, but 0 for counts") {
  for (const AggregateFunction* function : all_aggregates()) {
    CAPTURE(function->name);
    std::string empty = function->name.starts_with("count") ? "0" : "null";
    Column column = float64s({1.5, std::nullopt, 2.5, std::nullopt});
    std::vector<std::string> cells = aggregate_cells(function->name, column, {2, 1, 2, 1}, 3);
    CHECK(cells[0] == empty);
    CHECK(cells[1] == empty);
    CHECK(cells[2] != empty);
    CHECK(aggregate_cells(function->name, column.slice(0, 0), {}, 0).empty());
  }
}

TEST_CASE("sums") {
  CHECK(aggregate_cell("sum", int64s({1, 2, std::nullopt, -10})) == "-7");
  CHECK(aggregate_cell("sum", numbers<std::int8_t>(TypeKind::kInt8, {127, 127, 127})) == "381");
  CHECK(aggregate_cell("sum", int64s({INT64_MAX, 1, -1})) == std::to_string(INT64_MAX));
  CHECK(aggregate_cell("sum", int64s({INT64_MIN, -1, 1})) == std::to_string(INT64_MIN));
  CHECK(aggregate_cell("sum", float64s({0.1, 0.2, 0.3, -0.6, 1e300, -1e300})) ==
        aggregate_cell("sum", float64s({0.3, -1e300, 0.2, 1e300, -0.6, 0.1})));
  CHECK(aggregate_cell("sum", numbers<float>(TypeKind::kFloat32, {0.5F, 0.25F})) == "0.75");
  CHECK(aggregate_cell("sum", float64s({1.0, kNan})) == "NaN");
  CHECK(aggregate_cell("sum", float64s({1.0, kInfinity})) == aggregate_cell("max", float64s({kInfinity})));
  CHECK(aggregate_cell("sum", float64s({kInfinity, -kInfinity})) == "NaN");
  CHECK(aggregate_cell("sum", numbers<Int128>(Type::decimal(5, 2), {150, -25, std::nullopt})) == "1.25");
}

TEST_CASE("a sum that does not fit is an error, whatever the order") {
  std::string text;
  try {
    aggregate_cell("sum", int64s({1, INT64_MAX}));
  } catch (const Error& error) {
    text = error.what();
  }
  CHECK(text.find("a sum does not fit int64: 9223372036854775808") != std::string::npos);
  CHECK(text.find("hint: ") != std::string::npos);
  Int128 largest = power_of_ten(38) - 1;
  Type type = Type::decimal(38, 0);
  CHECK_THROWS_AS(aggregate_cell("sum", numbers<Int128>(type, {largest, 1})), Error);
  CHECK(aggregate_cell("sum", numbers<Int128>(type, {largest, largest, largest, -largest, -largest})) ==
        format_decimal(largest, 0));
  CHECK(aggregate_cell("sum", numbers<Int128>(type, {-largest, -largest, -largest, largest, largest})) ==
        format_decimal(-largest, 0));
}

TEST_CASE("means") {
  CHECK(aggregate_cell("mean", int64s({1, 2, std::nullopt})) == "1.5");
  CHECK(aggregate_cell("mean", int64s({INT64_MAX, INT64_MAX, INT64_MAX})) ==
        aggregate_cell("mean", int64s({INT64_MAX})));
  CHECK(aggregate_cell("mean", float64s({1.0, 2.0, 4.0, 5.0})) == aggregate_cell("max", float64s({3.0})));
  CHECK(aggregate_cell("mean", float64s({1e308, 1e308})) == aggregate_cell("max", float64s({1e308})));
  CHECK(aggregate_cell("mean", float64s({kNan, 1.0})) == "NaN");
  CHECK(aggregate_cell("mean", float64s({kInfinity, 1.0})) == aggregate_cell("max", float64s({kInfinity})));
  CHECK(aggregate_cell("mean", float64s({-0.0})) == aggregate_cell("sum", float64s({0.0})));
  Type money = Type::decimal(5, 2);
  CHECK(aggregate_cell("mean", numbers<Int128>(money, {100, 100, 101})) == "1.003333");
  CHECK(aggregate_cell("mean", numbers<Int128>(money, {100, 101, 101})) == "1.006667");
  CHECK(aggregate_cell("mean", numbers<Int128>(money, {-100, -101, -101})) == "-1.006667");
  // 1/32 = 0.03125 exactly: half a unit of the fourth further digit goes away from zero.
  CHECK(aggregate_cell("mean", numbers<Int128>(Type::decimal(3, 0), {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                                                     0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})) ==
        "0.0313");
  Int128 large = power_of_ten(34) - 1;
  CHECK(aggregate_cell("mean", numbers<Int128>(Type::decimal(34, 0), {large, large, large})) ==
        format_decimal(large * 10'000, 4));
  CHECK(aggregate_cell("mean", numbers<Int128>(Type::decimal(34, 0), {-large, -large, -large})) ==
        format_decimal(-large * 10'000, 4));
  CHECK_THROWS_AS(aggregate_cell("mean", numbers<Int128>(Type::decimal(38, 0), {power_of_ten(38) - 1})), Error);
}

TEST_CASE("min and max") {
  CHECK(aggregate_cell("min", int64s({3, std::nullopt, -2})) == "-2");
  CHECK(aggregate_cell("max", int64s({INT64_MIN})) == std::to_string(INT64_MIN));
  CHECK(aggregate_cell("min", int64s({INT64_MAX})) == std::to_string(INT64_MAX));
  CHECK(aggregate_cell("max", numbers<std::uint8_t>(TypeKind::kBool, {0, 0})) == "false");
  CHECK(aggregate_cell("min", numbers<std::uint8_t>(TypeKind::kBool, {1, 0})) == "false");
  CHECK(aggregate_cell("max", dates({"1969-01-01", "2013-01-01", std::nullopt})) == "2013-01-01");
  CHECK(aggregate_cell("min", timestamps({"1969-01-01T00:00:00Z"})) == "1969-01-01T00:00:00Z");
  CHECK(aggregate_cell("min", texts({"b", "a", std::nullopt, "ä", "", "aa"})) == "");
  CHECK(aggregate_cell("max", texts({"b", "a", std::nullopt, "ä", "", "z"})) == "ä");
  CHECK(aggregate_cell("max", numbers<Int128>(Type::decimal(38, 0), {-(power_of_ten(38) - 1)})) ==
        format_decimal(-(power_of_ten(38) - 1), 0));
  CHECK(aggregate_cell("min", numbers<Int128>(Type::decimal(38, 0), {power_of_ten(38) - 1})) ==
        format_decimal(power_of_ten(38) - 1, 0));
}

TEST_CASE("NaN is the greatest float, and -0.0 counts as 0.0") {
  CHECK(aggregate_cell("max", float64s({kInfinity, kNan, 1.0})) == "NaN");
  CHECK(aggregate_cell("min", float64s({kNan, kInfinity})) == aggregate_cell("max", float64s({kInfinity})));
  CHECK(aggregate_cell("min", float64s({kNan, kNan})) == "NaN");
  CHECK(aggregate_cell("max", float64s({-kInfinity})) == aggregate_cell("min", float64s({-kInfinity, 0.0})));
  CHECK(aggregate_cell("min", float64s({0.0, -0.0})) == aggregate_cell("min", float64s({-0.0, 0.0})));
  CHECK(aggregate_cell("count_distinct", float64s({0.0, -0.0, kNan, -kNan, std::nullopt, 1.0})) == "3");
}

TEST_CASE("count_distinct keeps groups and values apart") {
  CHECK(aggregate_cells("count_distinct", int64s({1, 1, 2, 1, std::nullopt}), {0, 0, 0, 1, 1}, 3) ==
        std::vector<std::string>{"2", "1", "0"});
  CHECK(aggregate_cells("count_distinct", texts({"", "a", "a", "", std::nullopt, "ab"}), {0, 0, 0, 1, 1, 0}, 2) ==
        std::vector<std::string>{"3", "1"});
  CHECK(aggregate_cell("count_distinct", numbers<Int128>(Type::decimal(38, 0), {1, Int128{1} << 64, 1})) == "2");
}

TEST_CASE("variances") {
  Column column = float64s({2, 4, 4, std::nullopt, 4, 5, 5, 7, 9});
  CHECK(aggregate_cell("var_pop", column) == aggregate_cell("max", float64s({4.0})));
  CHECK(aggregate_cell("stddev_pop", column) == aggregate_cell("max", float64s({2.0})));
  CHECK(aggregate_cell("variance", column) == aggregate_cell("max", float64s({32.0 / 7})));
  CHECK(aggregate_cell("stddev", column) == aggregate_cell("max", float64s({std::sqrt(32.0 / 7)})));
  CHECK(aggregate_cell("variance", float64s({5.0})) == "null");
  CHECK(aggregate_cell("stddev", float64s({5.0})) == "null");
  CHECK(aggregate_cell("var_pop", float64s({5.0})) == aggregate_cell("max", float64s({0.0})));
  CHECK(aggregate_cell("variance", float64s({1e9 + 1, 1e9 + 2, 1e9 + 3})) == aggregate_cell("max", float64s({1.0})));
  CHECK(aggregate_cell("variance", float64s({1.0, kNan})) == "NaN");
}

TEST_CASE("states report the bytes they hold") {
  for (const AggregateFunction* function : all_aggregates()) {
    CAPTURE(function->name);
    std::unique_ptr<GroupedAggregate> aggregate = function->make(TypeKind::kFloat64, test_memory());
    aggregate->resize(1000);
    CHECK(aggregate->state_bytes() >= 8000);
  }
  ColumnBuilder texts_builder(test_memory(), TypeKind::kString);
  for (int i = 0; i < 1000; ++i) texts_builder.append_string(std::string(1000, 'x') + std::to_string(i));
  Column long_texts = texts_builder.finish();
  std::size_t used_bytes = test_memory().used_bytes();
  std::unique_ptr<GroupedAggregate> distinct = updated("count_distinct", long_texts, Groups(1000), 1);
  CHECK(distinct->state_bytes() + test_memory().used_bytes() > used_bytes + 1'000'000);
  Groups each(1000);
  std::iota(each.begin(), each.end(), 0);
  CHECK(updated("max", long_texts, each, 1000)->state_bytes() > 1'000'000);
}

}  // namespace
}  // namespace headrace
