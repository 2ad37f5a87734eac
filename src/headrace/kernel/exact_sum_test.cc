// The expected values are computed with exact rational numbers (Python's fractions.Fraction) over the same values,
// which come from the splitmix64 sequence, and rounded once.

#include "headrace/kernel/exact_sum.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include <doctest/doctest.h>

#include "headrace/kernel/moments.h"

namespace headrace {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kMax = std::numeric_limits<double>::max();
constexpr double kTiny = std::numeric_limits<double>::denorm_min();

/// Returns doubles of random sign and fraction with exponent fields from `low` to `high` (0 is subnormal).
std::vector<double> random_values(uint64_t seed, uint64_t low, uint64_t high, int count) {
  std::vector<double> values;
  for (int i = 0; i < count; ++i) {
    seed += 0x9e3779b97f4a7c15;
    uint64_t bits = seed;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
    bits ^= bits >> 31;
    const uint64_t exponent = low + ((bits >> 52) & 0x7ff) % (high - low + 1);
    values.push_back(std::bit_cast<double>((bits & 0x800fffffffffffff) | (exponent << 52)));
  }
  return values;
}

struct Vector {
  uint64_t seed, low, high;
  int count;
  double sum, squares, products;  // Products: of each even-placed value with its successor.
  double mean, population_variance, sample_variance;
};

constexpr Vector kVectors[] = {
    {1, 1013, 1033, 1000, -0x1.9505f39c3353dp+13, 0x1.0b68d8872841fp+27, 0x1.55a302bf55fb3p+19, -0x1.9ebe6a18c803fp+3,
     0x1.117fd1d5e3f72p+17, 0x1.11c5e7d3cc5cap+17},
    {2, 1023, 1023, 1000, -0x1.4cecb3731e400p+4, 0x1.1ebdabdec15a0p+11, 0x1.cf57b6ce36d7ep+3, -0x1.54ea3096a624dp-6,
     0x1.259138596ad13p+1, 0x1.25dc72d505b3fp+1},
    {3, 0, 2046, 1000, 0x1.72746b1ee7dcfp+1019, kInfinity, -kInfinity, 0x1.7b587e135c051p+1009, kInfinity, kInfinity},
    {4, 0, 60, 1000, -0x1.5d6846fc8202ep-962, 0x0.0p+0, -0x0.0p+0, -0x1.65cb0933b854ep-972, 0x0.0p+0, 0x0.0p+0},
    {5, 0, 0, 50, 0x1.baae565cd0421p-1021, 0x0.0p+0, 0x0.0p+0, 0x0.11b50db1cae3fp-1022, 0x0.0p+0, 0x0.0p+0},
    {6, 2040, 2046, 9, kInfinity, kInfinity, kInfinity, 0x1.f448ca077d314p+1021, kInfinity, kInfinity},
    {7, 2040, 2046, 400, kInfinity, kInfinity, kInfinity, 0x1.310c3848ec874p+1018, kInfinity, kInfinity},
    {8, 900, 1100, 3000, -0x1.6724ce9085c7dp+77, 0x1.a32a137a4ae74p+159, 0x1.c9c9a59b238b7p+152, -0x1.ea59d92d163a7p+65,
     0x1.1e255d328bee7p+148, 0x1.1e3dca3c4b71dp+148},
    {9, 1, 1, 7, -0x1.0276ba1b0f34ep-1021, 0x0.0p+0, 0x0.0p+0, -0x0.49d8c775720f2p-1022, 0x0.0p+0, 0x0.0p+0},
};

ExactSum sum_of(const std::vector<double>& values) {
  ExactSum sum;
  sum.add(values);
  return sum;
}

bool same_bits(double a, double b) { return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b); }

}  // namespace

TEST_CASE("sums, squares and products are correctly rounded over the whole range of doubles") {
  for (const Vector& expected : kVectors) {
    CAPTURE(expected.seed);
    const std::vector<double> values = random_values(expected.seed, expected.low, expected.high, expected.count);
    CHECK(sum_of(values).to_double() == expected.sum);
    ExactSum squares;
    squares.add_squares(values);
    CHECK(squares.to_double() == expected.squares);
    ExactSum products;
    for (size_t i = 0; i + 1 < values.size(); i += 2) products.add_product(values[i], values[i + 1]);
    CHECK(products.to_double() == expected.products);
  }
}

TEST_CASE("means and variances are correctly rounded over the whole range of doubles") {
  for (const Vector& expected : kVectors) {
    CAPTURE(expected.seed);
    Moments moments;
    moments.add(random_values(expected.seed, expected.low, expected.high, expected.count));
    CHECK(moments.mean() == expected.mean);
    CHECK(moments.variance(VarianceKind::kPopulation) == expected.population_variance);
    CHECK(moments.variance(VarianceKind::kSample) == expected.sample_variance);
  }
}

TEST_CASE("large values cancel without a trace") {
  CHECK(sum_of({1e308, 1e-308, -1e308}).to_double() == 1e-308);
  CHECK(sum_of({kMax, kMax, kTiny, -kMax, -kMax}).to_double() == kTiny);
  CHECK(sum_of({1e100, 1.0, -1e100, kTiny, -1.0}).to_double() == kTiny);
  CHECK(sum_of({1.0, -1.0}).to_double() == 0.0);
  CHECK(sum_of({-1.0, -kTiny, 1.0}).to_double() == -kTiny);
}

TEST_CASE("a tie rounds to even, and the smallest trace breaks it") {
  const double half_ulp = 0x1p-53;
  CHECK(sum_of({1.0, half_ulp}).to_double() == 1.0);
  CHECK(sum_of({1.0, half_ulp, kTiny}).to_double() == 1.0 + 0x1p-52);
  CHECK(sum_of({1.0 + 0x1p-52, half_ulp}).to_double() == 1.0 + 0x1p-51);
  CHECK(sum_of({1.0 + 0x1p-52, half_ulp, -kTiny}).to_double() == 1.0 + 0x1p-52);
  CHECK(sum_of({-1.0, -half_ulp}).to_double() == -1.0);
  CHECK(sum_of({-1.0, -half_ulp, -kTiny}).to_double() == -1.0 - 0x1p-52);
  CHECK(sum_of({kMax, 0x1p969}).to_double() == kMax);
  CHECK(sum_of({kMax, 0x1p970}).to_double() == kInfinity);
  CHECK(sum_of({-kMax, -0x1p970}).to_double() == -kInfinity);
}

TEST_CASE("subnormal numbers add exactly") {
  CHECK(sum_of({kTiny, kTiny, kTiny}).to_double() == 3 * kTiny);
  CHECK(sum_of({0x1p-1022, -kTiny}).to_double() == 0x1p-1022 - kTiny);
  CHECK(sum_of({0x1p-1022 - kTiny, kTiny}).to_double() == 0x1p-1022);
}

TEST_CASE("a product far below or above the range of doubles still counts") {
  ExactSum sum;
  sum.add_product(kTiny, kTiny);
  CHECK(sum.to_double() == 0.0);
  CHECK_FALSE(sum.to_bytes() == ExactSum().to_bytes());
  sum.add(0x1p-1074);
  sum.add_product(0x1p-538, 0x1p-537);  // 2^-1075, half of the smallest double: the sum is now above a tie.
  CHECK(sum.to_double() == 2 * kTiny);
  ExactSum large;
  large.add_product(kMax, kMax);
  CHECK(large.to_double() == kInfinity);
  large.add_product(-kMax, kMax);
  large.add(1.0);
  CHECK(large.to_double() == 1.0);
}

TEST_CASE("any order and any tree of merges give the same bytes") {
  std::mt19937_64 random(11);
  for (int round = 0; round < 30; ++round) {
    std::vector<double> values = random_values(random(), 0, 2046, 300);
    values.push_back(round % 3 == 0 ? kInfinity : 0.0);
    const ExactSum whole = sum_of(values);
    std::shuffle(values.begin(), values.end(), random);
    std::vector<ExactSum> parts(1 + random() % 20);
    for (const double value : values) parts[random() % parts.size()].add(value);
    while (parts.size() > 1) {
      const size_t at = random() % (parts.size() - 1);
      parts[at].merge(parts.back());
      parts.pop_back();
    }
    CHECK(parts[0].to_bytes() == whole.to_bytes());
    CHECK(same_bits(parts[0].to_double(), whole.to_double()));
  }
}

TEST_CASE("carries survive more additions than a digit has room for") {
  // 2^33 additions of 1.0, made by doubling: the digits pass their limit several times.
  ExactSum sum = sum_of({1.0, 0x1p-40});
  for (int i = 0; i < 33; ++i) sum.merge(sum);
  CHECK(sum.to_double() == 0x1p33 + 0x1p-7);
  ExactSum negative = sum_of({-1.0 - 0x1p-52});
  for (int i = 0; i < 40; ++i) negative.merge(negative);
  CHECK(negative.to_double() == -0x1p40 - 0x1p-12);
  ExactSum largest;
  largest.add_product(kMax, kMax);
  for (int i = 0; i < 62; ++i) largest.merge(largest);
  CHECK(largest.to_double() == kInfinity);
  ExactSum smallest;
  smallest.add_product(-kMax, kMax);
  for (int i = 0; i < 62; ++i) smallest.merge(smallest);
  smallest.add(2.5);
  smallest.merge(largest);
  CHECK(smallest.to_double() == 2.5);
}

TEST_CASE("NaN and infinities follow IEEE 754") {
  CHECK(sum_of({1.0, kInfinity, kMax}).to_double() == kInfinity);
  CHECK(sum_of({-kInfinity, 1.0}).to_double() == -kInfinity);
  CHECK(std::isnan(sum_of({-kInfinity, kInfinity}).to_double()));
  CHECK(std::isnan(sum_of({1.0, kNan}).to_double()));
  CHECK_FALSE(sum_of({kNan}).is_finite());
  CHECK(sum_of({kMax, kMax}).is_finite());
  ExactSum product;
  product.add_product(0.0, kInfinity);
  CHECK(std::isnan(product.to_double()));
  ExactSum infinite;
  infinite.add_product(-2.0, kInfinity);
  CHECK(infinite.to_double() == -kInfinity);
}

TEST_CASE("the sum of nothing and of negative zeros is positive zero") {
  CHECK(same_bits(ExactSum().to_double(), 0.0));
  CHECK(same_bits(sum_of({-0.0, -0.0}).to_double(), 0.0));
  CHECK(sum_of({-0.0}).to_bytes() == ExactSum().to_bytes());
}

TEST_CASE("a sum survives its bytes, and bytes that are not canonical are refused") {
  for (const Vector& vector : kVectors) {
    std::vector<double> values = random_values(vector.seed, vector.low, vector.high, vector.count);
    const std::vector<uint8_t> bytes = sum_of(values).to_bytes();
    std::optional<ExactSum> read = ExactSum::from_bytes(bytes);
    REQUIRE(read.has_value());
    CHECK(read->to_bytes() == bytes);
    CHECK(same_bits(read->to_double(), vector.sum));
    read->add(1.0);
    values.push_back(1.0);
    CHECK(read->to_bytes() == sum_of(values).to_bytes());
  }
  const std::vector<uint8_t> good = sum_of({-1.5, kNan}).to_bytes();
  const std::vector<uint8_t> layout = {1, 0,  0, 0,    0, 0, 0, 0,   // One NaN.
                                       0, 0,  0, 0,    0, 0, 0, 0,   // No infinity,
                                       0, 0,  0, 0,    0, 0, 0, 0,   // of either sign.
                                       1, 67, 0, 2,    0,            // Negative; digits 67 and 68.
                                       0, 0,  0, 0x80, 1, 0, 0, 0};  // 0.5 and 1.
  CHECK(good == layout);
  CHECK(ExactSum::from_bytes(good).has_value());
  for (size_t size = 0; size < good.size(); ++size) {
    CHECK_FALSE(ExactSum::from_bytes(std::span(good).first(size)).has_value());
  }
  std::vector<uint8_t> bad = good;
  bad[24] = 2;  // The sign.
  CHECK_FALSE(ExactSum::from_bytes(bad).has_value());
  bad = good;
  std::fill(bad.begin() + 29, bad.end(), uint8_t{0});  // Zero digits.
  CHECK_FALSE(ExactSum::from_bytes(bad).has_value());
  bad = good;
  bad[25] = 255;  // The first digit's place.
  CHECK_FALSE(ExactSum::from_bytes(bad).has_value());
  std::vector<uint8_t> negative_zero = ExactSum().to_bytes();
  negative_zero[24] = 1;
  CHECK_FALSE(ExactSum::from_bytes(negative_zero).has_value());
}

TEST_CASE("a sum as binary128 keeps 113 bits") {
  CHECK(sum_of({1.0, 0x1p-100}).to_float128() == Float128{1} + Float128{0x1p-100});
  CHECK(sum_of({-1.0, -0x1p-120}).to_float128() == Float128{-1});
  CHECK(sum_of({kInfinity}).to_float128() == Float128{kInfinity});
}

TEST_CASE("the variance of a constant column is zero") {
  for (const double value : {0.1, 1e300, 1e-300, -3.0, 0.0}) {
    Moments moments;
    for (int i = 0; i < 1000; ++i) moments.add(value);
    CHECK(same_bits(moments.variance(VarianceKind::kSample), 0.0));
    CHECK(moments.mean() == value);
  }
}

TEST_CASE("a mean far larger than the spread does not hurt the variance") {
  Moments moments;
  for (const double value : {0x1p52 + 1, 0x1p52 + 2, 0x1p52 + 3}) moments.add(value);
  CHECK(moments.variance(VarianceKind::kSample) == 1.0);
  CHECK(moments.variance(VarianceKind::kPopulation) == 2.0 / 3.0);
}

TEST_CASE("too few values have no variance and no values have no mean") {
  Moments moments;
  CHECK(std::isnan(moments.mean()));
  CHECK(std::isnan(moments.variance(VarianceKind::kPopulation)));
  moments.add(5.0);
  CHECK(moments.mean() == 5.0);
  CHECK(same_bits(moments.variance(VarianceKind::kPopulation), 0.0));
  CHECK(std::isnan(moments.variance(VarianceKind::kSample)));
  moments.add(kInfinity);
  CHECK(moments.mean() == kInfinity);
  CHECK(std::isnan(moments.variance(VarianceKind::kSample)));
}

TEST_CASE("moments of parts merge into the moments of the whole") {
  const std::vector<double> values = random_values(3, 900, 1100, 1000);
  Moments whole;
  whole.add(values);
  Moments left;
  Moments right;
  left.add(std::span(values).first(123));
  right.add(std::span(values).subspan(123));
  right.merge(left);
  CHECK(right.count == 1000);
  CHECK(same_bits(right.mean(), whole.mean()));
  CHECK(same_bits(right.variance(VarianceKind::kSample), whole.variance(VarianceKind::kSample)));
}

TEST_CASE("a value added several times at once gives the bits of single additions") {
  std::mt19937_64 random(5);
  Moments at_once, one_by_one;
  std::vector<double> values = {0.0, 1.0, -3.5, 1e300, -1e300, 4e-320, 1e-200, -7e-130, 1e130, 0.1};
  for (int i = 0; i < 500; ++i)
    values.push_back(std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 200) - 100));
  for (double value : values) {
    int64_t times = static_cast<int64_t>(random() % 50);
    at_once.add(value, times);
    for (int64_t i = 0; i < times; ++i) one_by_one.add(value);
  }
  CHECK(at_once.count == one_by_one.count);
  CHECK(at_once.sum.to_bytes() == one_by_one.sum.to_bytes());
  CHECK(at_once.sum_of_squares.to_bytes() == one_by_one.sum_of_squares.to_bytes());
}

}  // namespace headrace
