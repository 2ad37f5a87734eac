// Aggregates: small tables, slow references, and the same bits for any order and split of the rows.
#include "headrace/expr/aggregate.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "headrace/column/decimal.h"
#include "headrace/expr/function/check_rows.h"

namespace headrace {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

using Groups = std::vector<std::uint32_t>;

/// The states of an aggregate after all rows of a column.
std::unique_ptr<GroupedAggregate> updated(std::string_view name, const Column& column, const Groups& groups,
                                          std::size_t group_count) {
  const AggregateFunction* function = find_aggregate(name);
  REQUIRE(function != nullptr);
  Type arg_type, result;
  std::vector<Type> given = {column.type()};
  function->resolve(given, arg_type, result);
  REQUIRE(arg_type == column.type());
  std::unique_ptr<GroupedAggregate> aggregate = function->make(arg_type);
  aggregate->resize(group_count);
  aggregate->update(&column, groups);
  return aggregate;
}

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
  auto rows = count->make(Type());
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

/// Random rows of a type: few different values, so that groups and values meet; a tenth is null.
Column random_column(std::mt19937_64& random, const Type& type, std::int64_t rows) {
  ColumnBuilder builder(test_memory(), type);
  for (std::int64_t row = 0; row < rows; ++row) {
    std::uint64_t draw = random();
    auto small = static_cast<std::int64_t>(draw % 200) - 100;
    if (draw % 10 == 3) {
      builder.append_null();
      continue;
    }
    switch (type.kind()) {
      case TypeKind::kBool: builder.append(static_cast<std::uint8_t>(draw >> 8 & 1)); break;
      case TypeKind::kInt8: builder.append(static_cast<std::int8_t>(small)); break;
      case TypeKind::kInt16: builder.append(static_cast<std::int16_t>(small * 300)); break;
      case TypeKind::kInt32: builder.append(static_cast<std::int32_t>(small * 20'000'000)); break;
      case TypeKind::kDate: builder.append(static_cast<std::int32_t>(small)); break;
      case TypeKind::kFloat32: builder.append(static_cast<float>(small) / 7.0F); break;
      case TypeKind::kFloat64:
        builder.append(std::ldexp(static_cast<double>(small) / 3.0, static_cast<int>(draw >> 32 & 31)));
        break;
      case TypeKind::kDecimal128: builder.append(static_cast<Int128>(small) << 60); break;
      case TypeKind::kString:
      case TypeKind::kBinary:
        builder.append_string(std::string(draw % 40, 'x') + std::to_string(small / 10) + "ü");
        break;
      default: builder.append(small << 40); break;
    }
  }
  return builder.finish();
}

bool same_bits(const Column& a, const Column& b) {
  if (a.length() != b.length()) return false;
  for (std::int64_t row = 0; row < a.length(); ++row) {
    if (a.is_null(row) != b.is_null(row)) return false;
    if (a.is_null(row)) continue;
    std::size_t bytes = a.type().value_bytes();
    auto at = static_cast<std::size_t>(row) * bytes;
    bool same = bytes == 0 ? a.string_at(row) == b.string_at(row)
                           : std::memcmp(a.raw_values() + at, b.raw_values() + at, bytes) == 0;
    if (!same) return false;
  }
  return true;
}

/// Aggregates the rows in a random order, in batches of random size, in parts that number their groups differently and
/// are merged in a random order.
Column aggregated_in_parts(std::mt19937_64& random, std::string_view name, const Column& column, const Groups& groups,
                           std::uint32_t group_count) {
  std::vector<std::int64_t> rows(groups.size());
  std::iota(rows.begin(), rows.end(), 0);
  std::shuffle(rows.begin(), rows.end(), random);
  const AggregateFunction& function = *find_aggregate(name);
  std::unique_ptr<GroupedAggregate> total = function.make(column.type());
  total->resize(group_count);
  for (std::size_t begin = 0; begin < rows.size();) {
    std::size_t end = std::min(rows.size(), begin + 1 + random() % 400);
    std::unique_ptr<GroupedAggregate> part = function.make(column.type());
    std::map<std::uint32_t, std::uint32_t> local;
    Groups global;
    while (begin < end) {
      std::size_t batch_end = std::min(end, begin + 1 + random() % 90);
      std::vector<std::int64_t> batch_rows(rows.begin() + static_cast<std::ptrdiff_t>(begin),
                                           rows.begin() + static_cast<std::ptrdiff_t>(batch_end));
      Groups batch_groups;
      for (std::int64_t row : batch_rows) {
        std::uint32_t group = groups[static_cast<std::size_t>(row)];
        auto [found, is_new] = local.try_emplace(group, static_cast<std::uint32_t>(global.size()));
        if (is_new) global.push_back(group);
        batch_groups.push_back(found->second);
      }
      part->resize(global.size());
      Column taken = take_rows(column, batch_rows);
      part->update(&taken, batch_groups);
      begin = batch_end;
    }
    total->merge(*part, global);
  }
  return total->finish(test_memory());
}

/// What a group must give, computed from its valid values one by one. Floats may differ in the last bits.
std::string slow_result(std::string_view name, const Column& column, const std::vector<std::int64_t>& rows) {
  if (name == "count") return std::to_string(rows.size());
  std::set<std::string> distinct;
  for (std::int64_t row : rows) distinct.insert(format_cell(column, row));
  if (name == "count_distinct") return std::to_string(distinct.size());
  if (rows.empty()) return "null";
  if (name == "sum" && column.type().is_integer()) {
    std::int64_t sum = 0;
    for (std::int64_t row : rows) sum += value_at(column, row).as_int();
    return std::to_string(sum);
  }
  if (name == "sum" && column.type().kind() == TypeKind::kDecimal128) {
    Int128 sum = 0;
    for (std::int64_t row : rows) sum += std::get<Int128>(value_at(column, row).data);
    return format_decimal(sum, column.type().scale());
  }
  if (name == "min" || name == "max") {
    auto less = [&](std::int64_t a, std::int64_t b) {
      Value left = value_at(column, a);
      Value right = value_at(column, b);
      return left.data < right.data;
    };
    auto [least, greatest] = std::minmax_element(rows.begin(), rows.end(), less);
    return format_cell(column, name == "min" ? *least : *greatest);
  }
  return "";
}

/// The mean and the variances, in 80 bits.
long double slow_float(std::string_view name, const Column& column, const std::vector<std::int64_t>& rows) {
  long double sum = 0;
  long double squares = 0;
  auto value = [&](std::int64_t row) {
    if (column.type().is_floating()) return static_cast<long double>(value_at(column, row).as_double());
    return static_cast<long double>(value_at(column, row).as_int());
  };
  auto count = static_cast<long double>(rows.size());
  for (std::int64_t row : rows) sum += value(row);
  if (name == "sum") return sum;
  if (name == "mean") return sum / count;
  for (std::int64_t row : rows) squares += (value(row) - sum / count) * (value(row) - sum / count);
  long double variance = squares / (name.ends_with("_pop") ? count : count - 1);
  return name.starts_with("stddev") ? std::sqrt(variance) : variance;
}

std::vector<Type> types_of(std::string_view name) {
  std::vector<Type> types = {TypeKind::kInt8,    TypeKind::kInt16,   TypeKind::kInt32,    TypeKind::kInt64,
                             TypeKind::kFloat32, TypeKind::kFloat64, Type::decimal(30, 4)};
  if (name.starts_with("var") || name.starts_with("stddev")) return {TypeKind::kFloat64};
  if (name == "sum" || name == "mean") return types;
  for (TypeKind kind : {TypeKind::kBool, TypeKind::kDate, TypeKind::kTimestamp, TypeKind::kString, TypeKind::kBinary}) {
    types.emplace_back(kind);
  }
  return types;
}

TEST_CASE("every aggregate of every type: as a slow loop has it, and the same bits for any order and split") {
  std::mt19937_64 random(2013);
  constexpr std::uint32_t kGroups = 13;
  constexpr std::int64_t kRows = 2500;
  constexpr std::int64_t kOffset = 3;
  for (const AggregateFunction* function : all_aggregates()) {
    CAPTURE(function->name);
    for (const Type& type : types_of(function->name)) {
      CAPTURE(type.to_string());
      Column column = random_column(random, type, kRows + kOffset + 1).slice(kOffset, kRows);
      Groups groups;
      std::vector<std::vector<std::int64_t>> valid_rows(kGroups);
      for (std::int64_t row = 0; row < kRows; ++row) {
        groups.push_back(static_cast<std::uint32_t>(random() % (kGroups - 1)));
        if (!column.is_null(row)) valid_rows[groups.back()].push_back(row);
      }
      Column result = updated(function->name, column, groups, kGroups)->finish(test_memory());
      for (std::uint32_t group = 0; group < kGroups; ++group) {
        std::string slow = slow_result(function->name, column, valid_rows[group]);
        if (!slow.empty()) {
          CHECK(format_cell(result, group) == slow);
        } else if (type.kind() != TypeKind::kDecimal128) {
          auto expected = static_cast<double>(slow_float(function->name, column, valid_rows[group]));
          CHECK(result.values<double>()[group] == doctest::Approx(expected).epsilon(1e-12));
        }
      }
      for (int round = 0; round < 3; ++round) {
        CHECK(same_bits(aggregated_in_parts(random, function->name, column, groups, kGroups), result));
      }
    }
  }
}

TEST_CASE("states report the bytes they hold") {
  for (const AggregateFunction* function : all_aggregates()) {
    CAPTURE(function->name);
    std::unique_ptr<GroupedAggregate> aggregate = function->make(TypeKind::kFloat64);
    aggregate->resize(1000);
    CHECK(aggregate->state_bytes() >= 8000);
  }
  ColumnBuilder texts_builder(test_memory(), TypeKind::kString);
  for (int i = 0; i < 1000; ++i) texts_builder.append_string(std::string(1000, 'x') + std::to_string(i));
  Column long_texts = texts_builder.finish();
  CHECK(updated("count_distinct", long_texts, Groups(1000), 1)->state_bytes() > 1'000'000);
  Groups each(1000);
  std::iota(each.begin(), each.end(), 0);
  CHECK(updated("max", long_texts, each, 1000)->state_bytes() > 1'000'000);
}

std::string bind_error(std::string_view text) {
  Schema schema({{"a", TypeKind::kInt64, true}, {"s", TypeKind::kString, true}});
  try {
    bind_aggregate(parse_expr(text), schema);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("an aggregate call is bound to its types") {
  Schema schema({{"a", TypeKind::kInt32, true}, {"s", TypeKind::kString, true}});
  BoundAggregate sum = bind_aggregate(parse_expr("sum(a + 1)"), schema);
  CHECK(sum.function == find_aggregate("sum"));
  CHECK(sum.result == TypeKind::kInt64);
  BoundAggregate count = bind_aggregate(parse_expr("count()"), schema);
  CHECK(count.argument == nullptr);
  BoundAggregate variance = bind_aggregate(parse_expr("variance(a)"), schema);
  CHECK(variance.argument->type == TypeKind::kFloat64);
  CHECK(bind_aggregate(parse_expr("max(s)"), schema).result == TypeKind::kString);
}

TEST_CASE("what is no aggregate call is refused with what would be one") {
  auto says = [](std::string_view text, std::string_view part) {
    std::string error = bind_error(text);
    CHECK_MESSAGE(error.find(part) != std::string::npos, error);
  };
  says("summ(a)", "did you mean 'sum'?");
  says("a", "a is no aggregate call");
  says("sum(a) / count()", "step after the group_by");
  says("first(a)", "depends on the order of the rows");
  says("sum(s)", "sum does not take (string)");
  says("sum()", "sum does not take ()");
  says("sum(null)", "sum does not take (null)");
  says("count(a, a)", "count takes no argument");
  says("sum(b)", "'b'");
}

}  // namespace
}  // namespace headrace
