// log1p: values and nulls.
#include <cmath>

#include "headrace/feature/transform_conformance.h"

namespace headrace {
namespace {

TEST_CASE("log1p conforms") {
  check_conformance({transform_spec("log1p")}, {doubles({0, 1e-300, std::nullopt, 5, -0.5})}, {doubles({1e300})});
  check_conformance({transform_spec("log1p")}, {integers({0, 1, std::nullopt, 5})}, {integers({INT64_MAX})});
}

TEST_CASE("log1p is ln(1 + x)") {
  Batch rows = test_batch({doubles({0, std::exp(1.0) - 1, std::nullopt})});
  CHECK(cells(one_feature({transform_spec("log1p")}, rows), rows) == std::vector<std::string>{"0.0", "1.0", "null"});
}

}  // namespace
}  // namespace headrace
