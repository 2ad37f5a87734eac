// clip: limits, types, refusals.
#include <cmath>

#include "headrace/feature/transform_conformance.h"

namespace headrace {
namespace {

std::vector<TransformSpec> clip(std::vector<std::pair<std::string, Value>> bounds) {
  return {transform_spec("clip", std::move(bounds))};
}

TEST_CASE("clip conforms") {
  Column train = doubles({3, std::nullopt, -1.5, 1e300});
  Column unseen = doubles({std::nullopt, -INFINITY, std::nan("")});
  check_conformance(clip({{"min", Value::float64(-0.25)}, {"max", Value::int64(2)}}), {train}, {unseen});
  check_conformance(clip({{"min", Value::int64(0)}}), {train}, {unseen});
  check_conformance(clip({{"max", Value::int64(-7)}}), {train}, {unseen});
  check_conformance(clip({{"max", Value::float64(0.1)}}),
                    {test_column<float>(TypeKind::kFloat32, {0.2F, std::nullopt})},
                    {test_column<float>(TypeKind::kFloat32, {-1.0F})});
  check_conformance(clip({{"min", Value::int64(-1)}}), {test_column<std::int8_t>(TypeKind::kInt8, {-5, std::nullopt})},
                    {test_column<std::int8_t>(TypeKind::kInt8, {5})});
  check_conformance(clip({{"min", Value::float64(0.5)}}), {integers({-5, std::nullopt, 2})}, {integers({5})});
}

TEST_CASE("clip limits values, keeps null, and takes NaN for the greatest value") {
  Batch rows = test_batch({doubles({-1, 0, 5, 10, 11, std::nullopt, std::nan("")})});
  FeatureSet set = one_feature(clip({{"min", Value::int64(0)}, {"max", Value::int64(10)}}), rows);
  CHECK(cells(set, rows) == std::vector<std::string>{"0.0", "0.0", "5.0", "10.0", "10.0", "null", "10.0"});
}

TEST_CASE("clip keeps integers unless a bound is no integer") {
  Batch rows = test_batch({integers({-3, 3})});
  FeatureSet whole = one_feature(clip({{"min", Value::int64(0)}}), rows);
  CHECK(whole.output_columns().front().field.type == Type(TypeKind::kInt64));
  CHECK(cells(whole, rows) == std::vector<std::string>{"0", "3"});
  CHECK(cells(one_feature(clip({{"min", Value::float64(0.5)}}), rows), rows) == std::vector<std::string>{"0.5", "3.0"});
}

TEST_CASE("clip refuses to do nothing, and bounds out of order or out of reach") {
  Batch rows = test_batch({test_column<std::int8_t>(TypeKind::kInt8, {1})});
  CHECK_THROWS_WITH_AS(one_feature(clip({}), rows), doctest::Contains("are both missing"), Error);
  CHECK_THROWS_WITH_AS(one_feature(clip({{"min", Value::int64(2)}, {"max", Value::int64(1)}}), rows),
                       doctest::Contains("greater than 'max'"), Error);
  CHECK_THROWS_WITH_AS(one_feature(clip({{"max", Value::int64(128)}}), rows),
                       doctest::Contains("which no int8 reaches"), Error);
  CHECK_THROWS_WITH_AS(one_feature(clip({{"mix", Value::int64(128)}}), rows), doctest::Contains("did you mean"), Error);
  CHECK_THROWS_WITH_AS(one_feature(clip({{"min", Value::string("0")}}), rows),
                       doctest::Contains("must be of type float"), Error);
}

}  // namespace
}  // namespace headrace
