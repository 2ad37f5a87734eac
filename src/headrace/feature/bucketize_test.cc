// bucketize: ids, and quantiles against their definition.
#include <cmath>

#include "headrace/feature/transform_conformance.h"

namespace headrace {
namespace {

std::vector<TransformSpec> boundaries(const std::vector<double>& values) {
  return {transform_spec("bucketize", {{"boundaries", number_list(values)}})};
}
std::vector<TransformSpec> quantiles(std::int64_t part_count) {
  return {transform_spec("bucketize", {{"quantiles", Value::int64(part_count)}})};
}
Json boundaries_of(const FeatureSet& set) { return set.state(0).states[0][0]["boundaries"]; }

/// The definition, word for word.
double slow_quantile(std::vector<double> values, std::int64_t k, std::int64_t n) {
  std::sort(values.begin(), values.end());
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::int64_t not_exceeding = std::upper_bound(values.begin(), values.end(), values[i]) - values.begin();
    if (not_exceeding * n >= k * std::ssize(values)) return values[i];
  }
  return values.back();
}

TEST_CASE("bucketize conforms") {
  Column train =
      doubles({3, std::nullopt, -1.5, 1e300, 0.1, 0.1, -0.0, 0.0, std::nan(""), 5e-324, -1e300, 17, 4, 4, 4});
  Column unseen = doubles({std::nullopt, 3, 1e308, -1e308, INFINITY, -INFINITY, std::nan("")});
  check_conformance(boundaries({-1, 0, 2.5}), {train}, {unseen});
  check_conformance(quantiles(2), {train}, {unseen});
  check_conformance(quantiles(7), {train}, {unseen});
  check_conformance(quantiles(1000), {train}, {unseen});
  check_conformance(quantiles(3), {integers({5, 4, std::nullopt, 3, 2, 1})}, {integers({0, 9, std::nullopt})});
}

TEST_CASE("the id counts the boundaries that are not above the value") {
  Batch rows = test_batch({doubles({-5, 9.99, 10, 19, 20, 1e9, INFINITY, std::nan(""), std::nullopt})});
  FeatureSet set = one_feature(boundaries({10, 20}), rows);
  CHECK(cells(set, rows) == std::vector<std::string>{"2", "2", "3", "3", "4", "4", "4", "4", "1"});
  CHECK(set.output_columns().front().id_count == 5);
}

TEST_CASE("quantiles are exact order statistics of the training rows, equal ones once") {
  Batch rows = test_batch({doubles({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, std::nullopt})});
  CHECK(boundaries_of(fitted(quantiles(4), rows)) == Json({3.0, 5.0, 8.0}));
  CHECK(boundaries_of(fitted(quantiles(10), rows)) == Json({1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0}));
  Batch equal = test_batch({doubles({7, 7, 7, 8})});
  CHECK(boundaries_of(fitted(quantiles(4), equal)) == Json({7.0}));
  CHECK(fitted(quantiles(4), equal).describe().front().second == "bucketize: 2 buckets, boundaries 7");
}

TEST_CASE("quantiles agree with their definition on many values of all sizes") {
  std::mt19937_64 random(11);
  std::vector<double> values;
  for (int i = 0; i < 3000; ++i) {
    double value = std::ldexp(static_cast<double>(random() % 1000) - 500.0, static_cast<int>(random() % 60) - 30);
    values.push_back(value + 0.0);
  }
  Batch rows = test_batch({doubles({values.begin(), values.end()})});
  for (std::int64_t n : {2, 3, 10, 37}) {
    Json expected = Json::array();
    for (std::int64_t k = 1; k < n; ++k) {
      double value = slow_quantile(values, k, n);
      if (expected.empty() || expected.back().get<double>() != value) expected.push_back(value);
    }
    CHECK(boundaries_of(fitted(quantiles(n), rows)) == expected);
  }
}

TEST_CASE("bucketize refuses boundaries that do not ascend, and both forms at once") {
  Batch rows = test_batch({doubles({1})});
  for (const auto& wrong : std::vector<std::vector<double>>{{2, 1}, {1, 1}, {}, {std::nan("")}, {1, INFINITY}}) {
    CHECK_THROWS_WITH_AS(one_feature(boundaries(wrong), rows), doctest::Contains("in ascending order"), Error);
  }
  TransformSpec both = boundaries({1})[0];
  both.parameters.emplace_back("quantiles", Value::int64(2));
  CHECK_THROWS_WITH_AS(one_feature({both}, rows), doctest::Contains("exclude each other"), Error);
  CHECK_THROWS_WITH_AS(one_feature(quantiles(1), rows), doctest::Contains("must be from 2"), Error);
}

}  // namespace
}  // namespace headrace
