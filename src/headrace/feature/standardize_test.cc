// standardize: mean and deviation against sums in long double.
#include <cmath>

#include "headrace/feature/transform_conformance.h"

namespace headrace {
namespace {

const std::vector<TransformSpec> kStandardize = {transform_spec("standardize")};

TEST_CASE("standardize conforms") {
  check_conformance(kStandardize, {doubles({1.5, std::nullopt, -2.25, 1e16, 3, 1, -1e16, 0.1, 0.2, 0.3})},
                    {doubles({100, std::nullopt, std::nan(""), -0.0})});
  check_conformance(kStandardize, {integers({5, 5, std::nullopt, 7, 9'007'199'254'740'993})},
                    {integers({1, std::nullopt})});
  check_conformance(kStandardize, {test_column<float>(TypeKind::kFloat32, {0.1F, 0.2F, std::nullopt})},
                    {test_column<float>(TypeKind::kFloat32, {1e30F})});
  check_conformance(kStandardize, {test_column<Int128>(Type::decimal(10, 2), {150, -25, std::nullopt})},
                    {test_column<Int128>(Type::decimal(10, 2), {0})});
}

TEST_CASE("standardize centres by the mean and divides by the population standard deviation") {
  Batch rows = test_batch({doubles({2, 4, 4, 4, 5, 5, 7, 9, std::nullopt, std::nan("")})});  // mean 5, stddev 2
  FeatureSet set = fitted(kStandardize, rows);
  CHECK(set.describe().front().second == "standardize: mean 5, stddev 2");
  std::vector<std::string> expected = {"-1.5", "-0.5", "-0.5", "-0.5", "0.0", "0.0", "1.0", "2.0", "null", "NaN"};
  CHECK(cells(set, rows) == expected);
}

TEST_CASE("standardize divides a column of equal values by one") {
  Batch rows = test_batch({doubles({0.1, 0.1, 0.1})});
  CHECK(cells(fitted(kStandardize, rows), rows) == std::vector<std::string>{"0.0", "0.0", "0.0"});
}

TEST_CASE("standardize refuses infinite values, with the feature's name and a way out") {
  Batch rows = test_batch({doubles({1, INFINITY})});
  CHECK_THROWS_WITH_AS(fitted(kStandardize, rows), doctest::Contains("feature 'f', transform 'standardize'"), Error);
}

TEST_CASE("standardize agrees with sums in long double") {
  std::mt19937 random(7);
  std::vector<std::optional<double>> values;
  long double sum = 0;
  for (int i = 0; i < 5000; ++i) {
    values.emplace_back(1000.0 + static_cast<double>(random() % 100000) / 7.0);
    sum += *values.back();
  }
  long double mean = sum / 5000;
  long double squares = 0;
  for (const auto& value : values) squares += (*value - mean) * (*value - mean);
  Batch rows = test_batch({doubles(values)});
  Json state = fitted(kStandardize, rows).state(5000).states[0][0];
  CHECK(state["count"] == 5000);
  CHECK(state["mean"].get<double>() == doctest::Approx(static_cast<double>(mean)).epsilon(1e-15));
  CHECK(state["stddev"].get<double>() ==
        doctest::Approx(static_cast<double>(std::sqrt(squares / 5000))).epsilon(1e-14));
}

TEST_CASE("standardize takes numbers only") {
  Batch rows = test_batch({strings({"x"})});
  CHECK_THROWS_WITH_AS(one_feature(kStandardize, rows), doctest::Contains("standardize takes a number, not string"),
                       Error);
}

}  // namespace
}  // namespace headrace
