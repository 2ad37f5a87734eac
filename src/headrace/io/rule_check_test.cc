// Rules of declared columns: what they find, how they say it, which of them are refused.
#include <limits>

#include <doctest/doctest.h>

#include "headrace/base/error.h"
#include "headrace/io/source.h"

namespace headrace {
namespace {

const double kNan = std::numeric_limits<double>::quiet_NaN();

/// A batch of one column named x; monostate values are null.
Batch batch_of(const Type& type, const std::vector<Value>& values) {
  static auto memory = MemoryBudget::create();
  ColumnBuilder builder(*memory, type);
  for (const Value& value : values) append_value(builder, value);
  auto schema = std::make_shared<const Schema>(std::vector<Field>{{.name = "x", .type = type}});
  return {.schema = schema, .columns = {builder.finish()}, .row_count = static_cast<std::int64_t>(values.size())};
}

ColumnRule rule_of(std::optional<Value> min, std::optional<Value> max, std::vector<Value> allowed = {}) {
  return {.column = "x", .nullable = true, .min = std::move(min), .max = std::move(max), .allowed = std::move(allowed)};
}

/// "row kind: message" of each violation.
std::vector<std::string> violations(const Batch& batch, const ColumnRule& rule) {
  RuleCheck check(*batch.schema, {rule});
  std::vector<RuleCheck::Violation> found;
  check.check(batch, found);
  std::vector<std::string> lines;
  for (const RuleCheck::Violation& violation : found) {
    lines.push_back(std::to_string(violation.row) + " " + violation.kind + ": " + check.describe(batch, violation));
  }
  return lines;
}

using Lines = std::vector<std::string>;
using V = Value;

}  // namespace

TEST_CASE("values outside their range are found and described") {
  Batch speeds = batch_of(TypeKind::kFloat64, {V::float64(10.5), V::null(), V::float64(1048.36), V::float64(-0.5),
                                               V::float64(200), V::float64(kNan)});
  CHECK(violations(speeds, rule_of(V::int64(0), V::int64(200))) ==
        Lines{"2 range: 1048.36 is greater than the maximum 200", "3 range: -0.5 is less than the minimum 0",
              "5 range: NaN is greater than the maximum 200"});
  CHECK(violations(speeds, rule_of(V::float64(-1), {})).empty());
}

TEST_CASE("every type with an order has ranges") {
  Batch small = batch_of({TypeKind::kInt8}, {{TypeKind::kInt8, std::int64_t{-5}}, {TypeKind::kInt8, std::int64_t{5}}});
  CHECK(violations(small, rule_of(V::float64(0.0), {})) == Lines{"0 range: -5 is less than the minimum 0"});
  Batch text = batch_of(TypeKind::kString, {V::string("b"), V::string("a"), V::string("ba")});
  CHECK(violations(text, rule_of({}, V::string("b"))) == Lines{"2 range: 'ba' is greater than the maximum 'b'"});
  Batch days = batch_of(TypeKind::kDate, {{TypeKind::kDate, std::int64_t{0}}, {TypeKind::kDate, std::int64_t{20000}}});
  CHECK(violations(days, rule_of({}, V::string("2000-01-01"))) ==
        Lines{"1 range: 2024-10-04 is greater than the maximum 2000-01-01"});
  Batch times = batch_of(TypeKind::kTimestamp, {{TypeKind::kTimestamp, std::int64_t{-1'000'000}}});
  CHECK(violations(times, rule_of(V{TypeKind::kDate, std::int64_t{0}}, {})) ==
        Lines{"0 range: 1969-12-31T23:59:59Z is less than the minimum 1970-01-01T00:00:00Z"});
  Type money = Type::decimal(10, 2);
  Batch prices = batch_of(money, {{money, Int128{150}}, {money, Int128{50}}});
  CHECK(violations(prices, rule_of(V::float64(0.75), {})) == Lines{"1 range: 0.50 is less than the minimum 0.75"});
}

TEST_CASE("values that are not allowed are found, each row once") {
  Batch text = batch_of(TypeKind::kString, {V::string("UA"), V::null(), V::string("XX"), V::string("AA")});
  CHECK(violations(text, rule_of({}, {}, {V::string("UA"), V::string("AA")})) ==
        Lines{"2 allowed: 'XX' is none of the allowed values 'UA', 'AA'"});
  Batch flags = batch_of(TypeKind::kBool, {V::boolean(true), V::boolean(false)});
  CHECK(violations(flags, rule_of({}, {}, {V::boolean(false)})) ==
        Lines{"0 allowed: true is none of the allowed values false"});
  Batch numbers = batch_of(TypeKind::kInt64, {V::int64(9), V::int64(3)});
  std::vector<Value> many;
  for (int i = 10; i < 30; ++i) many.push_back(V::int64(i));
  CHECK(violations(numbers, rule_of({}, V::int64(5), many)) ==
        Lines{"0 range: 9 is greater than the maximum 5",
              "1 allowed: 3 is none of the allowed values 10, 11, 12, 13, 14, 15, 16, 17, … (20 in all)"});
}

TEST_CASE("a null breaks only the promise that there is none") {
  ColumnRule rule = rule_of(V::int64(1), V::int64(2), {V::int64(1)});
  rule.nullable = false;
  CHECK(violations(batch_of(TypeKind::kInt64, {V::int64(1), V::null()}), rule) ==
        Lines{"1 null: null in a column that is not nullable"});
}

TEST_CASE("violations come by row, then by rule") {
  auto memory = MemoryBudget::create();
  ColumnBuilder a(*memory, TypeKind::kInt32);
  ColumnBuilder b(*memory, TypeKind::kInt32);
  for (std::int32_t i = 0; i < 3; ++i) {
    a.append(i);
    b.append(-i);
  }
  Schema schema({{.name = "a", .type = TypeKind::kInt32}, {.name = "b", .type = TypeKind::kInt32}});
  Batch batch{.schema = nullptr, .columns = {a.finish(), b.finish()}, .row_count = 3};
  ColumnRule on_b = rule_of(V::int64(0), {});
  on_b.column = "b";
  ColumnRule on_a = rule_of({}, V::int64(0));
  on_a.column = "a";
  RuleCheck check(schema, {on_b, on_a});
  std::vector<RuleCheck::Violation> found;
  check.check(batch, found);
  REQUIRE(found.size() == 4);
  CHECK(found[0].row == 1);
  CHECK(found[0].rule_index == 0);
  CHECK(found[1].row == 1);
  CHECK(found[1].rule_index == 1);
  CHECK(found[2].row == 2);
}

TEST_CASE("a slice is checked by its own rows") {
  Batch batch = batch_of(TypeKind::kInt64, {V::int64(100), V::int64(1), V::null(), V::int64(7)});
  CHECK(violations(batch.slice(1, 3), rule_of({}, V::int64(5))) == Lines{"2 range: 7 is greater than the maximum 5"});
  CHECK(violations(batch.slice(1, 2), rule_of({}, V::int64(5))).empty());
}

TEST_CASE("rules that cannot be meant are refused with the column's name") {
  Schema schema({{.name = "x", .type = TypeKind::kInt8}, {.name = "l", .type = Type::list(TypeKind::kInt8)}});
  auto refusal = [&](ColumnRule rule, const char* column = "x") {
    rule.column = column;
    try {
      RuleCheck check(schema, {rule});
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kInvalidPipeline);
      return error.message();
    }
    return std::string("accepted");
  };
  CHECK(refusal(rule_of(V::int64(300), {})) == "the minimum of column 'x' is 300, which is no value of type int8");
  CHECK(refusal(rule_of({}, V::float64(1.5))) == "the maximum of column 'x' is 1.5, which is no value of type int8");
  CHECK(refusal(rule_of({}, {}, {V::string("a")})) ==
        "an allowed value of column 'x' is 'a', which is no value of type int8");
  CHECK(refusal(rule_of(V::int64(3), V::int64(2))) == "the minimum 3 of column 'x' is greater than its maximum 2");
  CHECK(refusal(rule_of(V::null(), {})) == "the minimum of column 'x' is null, which is no value of type int8");
  CHECK(refusal(rule_of(V::int64(1), {}), "l") == "column 'l' is a list<int8>, which cannot have the minimum");
  CHECK(refusal(rule_of({}, {}), "X") == "a rule names the unknown column 'X'");
  CHECK(refusal(rule_of(V::float64(3.0), V::float64(4.0))) == "accepted");
}

}  // namespace headrace
