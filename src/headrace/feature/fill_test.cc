// fill: values and statistics of every type, refusals.
#include <cmath>

#include "headrace/feature/transform_conformance.h"

namespace headrace {
namespace {

std::vector<TransformSpec> fill_value(Value value) { return {transform_spec("fill", {{"value", std::move(value)}})}; }
std::vector<TransformSpec> fill_with(const std::string& statistic) {
  return {transform_spec("fill", {{"with", Value::string(statistic)}})};
}

TEST_CASE("fill with a statistic conforms") {
  for (const char* statistic : {"mean", "median", "min", "max"}) {
    CAPTURE(statistic);
    check_conformance(fill_with(statistic), {doubles({3, std::nullopt, -1.5, 1e300, 0.1, 0.1})},
                      {doubles({std::nullopt, 7, std::nan("")})});
    check_conformance(fill_with(statistic), {integers({INT64_MAX, std::nullopt, INT64_MIN, 9'007'199'254'740'993, 5})},
                      {integers({std::nullopt, 1})});
    check_conformance(fill_with(statistic), {test_column<std::int8_t>(TypeKind::kInt8, {3, std::nullopt, -3})},
                      {test_column<std::int8_t>(TypeKind::kInt8, {std::nullopt})});
    check_conformance(fill_with(statistic), {test_column<float>(TypeKind::kFloat32, {0.1F, std::nullopt, 2.5F})},
                      {test_column<float>(TypeKind::kFloat32, {std::nullopt})});
  }
}

TEST_CASE("fill with a value conforms for every type that a value can be given for") {
  check_conformance(fill_value(Value::int64(0)), {doubles({1, std::nullopt})}, {doubles({std::nullopt})});
  check_conformance(fill_value(Value::float64(-0.5)), {doubles({1, std::nullopt})}, {doubles({std::nullopt})});
  check_conformance(fill_value(Value::int64(-5)), {test_column<std::int16_t>(TypeKind::kInt16, {1, std::nullopt})},
                    {test_column<std::int16_t>(TypeKind::kInt16, {std::nullopt})});
  check_conformance(fill_value(Value::string("it's")), {strings({"a", std::nullopt})}, {strings({std::nullopt})});
  check_conformance(fill_value(Value::boolean(true)), {test_column<std::uint8_t>(TypeKind::kBool, {0, std::nullopt})},
                    {test_column<std::uint8_t>(TypeKind::kBool, {std::nullopt})});
  check_conformance(fill_value(Value::string("2013-01-01")),
                    {test_column<std::int32_t>(TypeKind::kDate, {0, std::nullopt})},
                    {test_column<std::int32_t>(TypeKind::kDate, {std::nullopt})});
  check_conformance(fill_value(Value::string("2013-01-01T06:00:00Z")), {timestamps({0, std::nullopt})},
                    {timestamps({std::nullopt})});
  check_conformance(fill_value(Value::float64(0.25)), {test_column<Int128>(Type::decimal(10, 2), {150, std::nullopt})},
                    {test_column<Int128>(Type::decimal(10, 2), {std::nullopt})});
  for (const char* statistic : {"mean", "median", "min", "max"}) {
    check_conformance(fill_with(statistic), {test_column<Int128>(Type::decimal(10, 2), {150, std::nullopt, -25})},
                      {test_column<Int128>(Type::decimal(10, 2), {std::nullopt})});
  }
}

TEST_CASE("fill puts the statistic of the training rows in the place of null") {
  Batch rows = test_batch({doubles({4, 1, std::nullopt, 9, 2, std::nan("")})});
  Batch null = test_batch({doubles({std::nullopt, 8})});
  CHECK(cells(fitted(fill_with("mean"), rows), null) == std::vector<std::string>{"4.0", "8.0"});
  CHECK(cells(fitted(fill_with("median"), rows), null).front() == "2.0");  // of 1 2 4 9: half do not exceed 2
  CHECK(cells(fitted(fill_with("min"), rows), null).front() == "1.0");
  CHECK(cells(fitted(fill_with("max"), rows), null).front() == "9.0");
  CHECK(fitted(fill_with("median"), rows).describe().front().second == "fill: median 2");
  CHECK_FALSE(fitted(fill_with("median"), rows).output_columns().front().field.nullable);
}

TEST_CASE("fill keeps integers exact, and their type") {
  Batch rows = test_batch({integers({9'007'199'254'740'993, std::nullopt})});
  for (const char* statistic : {"median", "min", "max"}) {
    FeatureSet set = fitted(fill_with(statistic), rows);
    CHECK(set.output_columns().front().field.type == Type(TypeKind::kInt64));
    CHECK(cells(set, rows)[1] == "9007199254740993");
  }
}

TEST_CASE("fill without any value to learn from is refused, and says what to do") {
  Batch rows = test_batch({doubles({std::nullopt, std::nullopt})});
  CHECK_THROWS_WITH_AS(fitted(fill_with("mean"), rows), doctest::Contains("the training rows hold no value"), Error);
}

TEST_CASE("fill refuses values and statistics that do not fit") {
  Batch numbers = test_batch({test_column<std::int8_t>(TypeKind::kInt8, {1})});
  CHECK_THROWS_WITH_AS(one_feature(fill_value(Value::float64(0.5)), numbers), doctest::Contains("no value of int8"),
                       Error);
  CHECK_THROWS_AS(one_feature(fill_value(Value::int64(1000)), numbers), Error);
  CHECK_THROWS_WITH_AS(one_feature(fill_with("avg"), numbers), doctest::Contains("is no statistic"), Error);
  CHECK_THROWS_WITH_AS(one_feature({transform_spec("fill")}, numbers), doctest::Contains("are both missing"), Error);
  Batch dates = test_batch({test_column<std::int32_t>(TypeKind::kDate, {1})});
  CHECK_THROWS_AS(one_feature(fill_value(Value::string("yesterday")), dates), Error);
  CHECK_THROWS_AS(one_feature(fill_with("mean"), test_batch({strings({"a"})})), Error);
}

}  // namespace
}  // namespace headrace
