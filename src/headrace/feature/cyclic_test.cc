// cyclic: sine and cosine against the standard library.
#include <cmath>

#include "headrace/feature/transform_conformance.h"

namespace headrace {
namespace {

std::vector<TransformSpec> cyclic(double period) {
  return {transform_spec("cyclic", {{"period", Value::float64(period)}})};
}

TEST_CASE("cyclic conforms") {
  check_conformance(cyclic(24), {doubles({0, 6, 12.5, std::nullopt, 1e6})}, {doubles({-3})});
  check_conformance(cyclic(7), {integers({0, 6, std::nullopt})}, {integers({3})});
}

TEST_CASE("cyclic gives sine and cosine as float32") {
  Batch rows = test_batch({doubles({0, 6, 17, 23.5, std::nullopt})});
  Column column = evaluate_all(one_feature(cyclic(24), rows).expressions(), rows).front();
  REQUIRE(column.type() == Type::fixed_size_list(TypeKind::kFloat32, 2));
  std::span<const float> values = column.child(0).values<float>();
  std::span<const double> hours = rows.column(0).values<double>();
  for (std::size_t i = 0; i < 4; ++i) {
    double angle = 2 * std::acos(-1.0) * hours[i] / 24;
    CHECK(values[2 * i] == doctest::Approx(std::sin(angle)).epsilon(1e-6));
    CHECK(values[2 * i + 1] == doctest::Approx(std::cos(angle)).epsilon(1e-6));
  }
  CHECK(column.is_null(4));
}

TEST_CASE("cyclic refuses a period that is not positive") {
  for (double period : {0.0, -1.0, HUGE_VAL}) {
    CHECK_THROWS_WITH_AS(one_feature(cyclic(period), test_batch({doubles({1})})),
                         doctest::Contains("must be a number greater than 0"), Error);
  }
}

}  // namespace
}  // namespace headrace
