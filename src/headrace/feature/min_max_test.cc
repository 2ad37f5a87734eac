// min_max: the range of the training rows, and beyond it.
#include <cmath>

#include "headrace/feature/transform_conformance.h"

namespace headrace {
namespace {

std::vector<TransformSpec> min_max(double min, double max) {
  return {transform_spec("min_max", {{"min", Value::float64(min)}, {"max", Value::float64(max)}})};
}

TEST_CASE("min_max conforms") {
  check_conformance({transform_spec("min_max")}, {doubles({3, -1.5, std::nullopt, 1e300, -0.0, 0.1})},
                    {doubles({1e301, std::nullopt, std::nan("")})});
  check_conformance(min_max(-1, 1), {integers({4, std::nullopt, 4})}, {integers({5, -5})});
}

TEST_CASE("min_max maps the range of the training rows to the wanted one, and goes on beyond it") {
  Batch rows = test_batch({doubles({10, 30, std::nullopt, std::nan("")})});
  Batch later = test_batch({doubles({10, 15, 30, 50, std::nullopt})});
  CHECK(cells(fitted({transform_spec("min_max")}, rows), later) ==
        std::vector<std::string>{"0.0", "0.25", "1.0", "2.0", "null"});
  CHECK(cells(fitted(min_max(-1, 1), rows), later) == std::vector<std::string>{"-1.0", "-0.5", "1.0", "3.0", "null"});
  CHECK(fitted(min_max(-1, 1), rows).describe().front().second == "min_max: min 10, max 30");
}

TEST_CASE("a column of equal values becomes min") {
  Batch rows = test_batch({doubles({7, 7})});
  CHECK(cells(fitted(min_max(2, 3), rows), rows) == std::vector<std::string>{"2.0", "2.0"});
}

TEST_CASE("min_max refuses an empty range and infinite values") {
  Batch rows = test_batch({doubles({1, -INFINITY})});
  CHECK_THROWS_WITH_AS(one_feature(min_max(1, 1), rows), doctest::Contains("must be less than 'max'"), Error);
  CHECK_THROWS_WITH_AS(fitted(min_max(0, 1), rows), doctest::Contains("minimum of its values is not finite"), Error);
}

}  // namespace
}  // namespace headrace
