// The oracle is ExactSum, whose own oracle is rational arithmetic. Values are drawn over exponent ranges from narrow to
// wild, so that windows move while values come.

#include "headrace/kernel/reproducible_sum.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <doctest/doctest.h>

namespace headrace {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kMax = std::numeric_limits<double>::max();
constexpr double kTiny = std::numeric_limits<double>::denorm_min();

struct Range {
  int low, high;
};
constexpr Range kRanges[] = {{0, 0},        {-10, 10},   {-60, 60},      {-200, 200},
                             {-1074, 1023}, {900, 1023}, {-1074, -1000}, {-130, 0}};

std::vector<double> random_values(std::mt19937_64& random, Range range, int count) {
  std::vector<double> values;
  for (int i = 0; i < count; ++i) {
    const auto fraction = static_cast<double>(random() | 1) * 0x1p-64;
    const int exponent = range.low + static_cast<int>(random() % static_cast<uint64_t>(range.high - range.low + 1));
    values.push_back(std::ldexp((random() & 1) != 0 ? fraction : -fraction, exponent));
    if (random() % 20 == 0) values.back() = 0.0;
  }
  return values;
}

template <typename Sum>
Sum sum_of(const std::vector<double>& values) {
  Sum sum;
  for (const double value : values) sum.add(value);
  return sum;
}

bool same_bits(double a, double b) { return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b); }

/// Compares all that a state says.
bool same_state(const ReproducibleSum& a, const ReproducibleSum& b) {
  const ReproducibleSum::Magnitude left = a.magnitude();
  const ReproducibleSum::Magnitude right = b.magnitude();
  return left.digits == right.digits && left.exponent == right.exponent && left.negative == right.negative &&
         same_bits(a.to_double(), b.to_double());
}

/// Merges parts in a random tree.
template <typename Sum>
Sum merge_randomly(std::vector<Sum> parts, std::mt19937_64& random) {
  while (parts.size() > 1) {
    const size_t at = random() % (parts.size() - 1);
    parts[at].merge(parts.back());
    parts.pop_back();
    std::swap(parts[at], parts[random() % parts.size()]);
  }
  return parts[0];
}

}  // namespace

TEST_CASE("the state does not depend on the order of values or on the tree of merges") {
  std::mt19937_64 random(1);
  for (const Range range : kRanges) {
    for (int round = 0; round < 40; ++round) {
      CAPTURE(range.low);
      CAPTURE(range.high);
      std::vector<double> values = random_values(random, range, 1 + static_cast<int>(random() % 200));
      const auto whole = sum_of<ReproducibleSum>(values);
      std::shuffle(values.begin(), values.end(), random);
      CHECK(same_state(sum_of<ReproducibleSum>(values), whole));
      std::vector<ReproducibleSum> parts(1 + random() % 9);
      for (const double value : values) parts[random() % parts.size()].add(value);
      CHECK(same_state(merge_randomly(parts, random), whole));
    }
  }
}

TEST_CASE("products do not depend on order or merges either") {
  std::mt19937_64 random(2);
  for (const Range range : kRanges) {
    for (int round = 0; round < 40; ++round) {
      std::vector<double> values = random_values(random, range, 50);
      ReproducibleSum whole;
      for (const double value : values) whole.add_product(value, values[0]);
      const double factor = values[0];
      std::shuffle(values.begin(), values.end(), random);
      std::vector<ReproducibleSum> parts(1 + random() % 9);
      for (const double value : values) parts[random() % parts.size()].add_product(factor, value);
      CHECK(same_state(merge_randomly(parts, random), whole));
    }
  }
}

TEST_CASE("the error stays within the bound") {
  std::mt19937_64 random(3);
  for (const Range range : kRanges) {
    for (int round = 0; round < 40; ++round) {
      std::vector<double> values = random_values(random, range, 200);
      // Half of the rounds cancel: what is left of the sum is small.
      if (round % 2 == 0) {
        const size_t count = values.size();
        for (size_t i = 0; i < count; ++i) values.push_back(-values[i]);
        values.push_back(random_values(random, {range.low, range.low}, 1)[0]);
      }
      double largest = 0;
      for (const double value : values) largest = std::max(largest, std::abs(value));
      const Float128 binned = sum_of<ReproducibleSum>(values).to_float128();
      const Float128 exact = sum_of<ExactSum>(values).to_float128();
      const Float128 error = binned > exact ? binned - exact : exact - binned;
      const Float128 size = exact > 0 ? exact : -exact;
      const auto count = static_cast<Float128>(values.size());
      CHECK(error <= count * Float128{largest} * Float128{0x1p-119} + size * Float128{0x1p-112});
    }
  }
}

TEST_CASE("a sum without great cancellation is correctly rounded") {
  std::mt19937_64 random(4);
  for (const Range range : {Range{0, 0}, Range{-10, 10}, Range{-20, 40}, Range{-1074, -1000}}) {
    for (int round = 0; round < 100; ++round) {
      const std::vector<double> values = random_values(random, range, 300);
      CHECK(same_bits(sum_of<ReproducibleSum>(values).to_double(), sum_of<ExactSum>(values).to_double()));
    }
  }
  CHECK(sum_of<ReproducibleSum>({0.1, 0.2, 0.3}).to_double() == sum_of<ExactSum>({0.1, 0.2, 0.3}).to_double());
  CHECK(sum_of<ReproducibleSum>({1e16, 1.0, -1e16}).to_double() == 1.0);
}

TEST_CASE("what lies below the window of the largest value is dropped, whenever it comes") {
  CHECK(sum_of<ReproducibleSum>({1e300, 1.0, -1e300}).to_double() == 0.0);
  CHECK(sum_of<ReproducibleSum>({1.0, 1e300, -1e300}).to_double() == 0.0);
  CHECK(sum_of<ReproducibleSum>({1e300, -1e300, 1.0}).to_double() == 0.0);
}

TEST_CASE("a single value comes back unchanged") {
  std::mt19937_64 random(5);
  for (const double value : random_values(random, {-1074, 1024}, 2000)) {
    if (std::isfinite(value)) CHECK(sum_of<ReproducibleSum>({value}).to_double() == value);
  }
  for (const double value : {kMax, -kMax, kTiny, -kTiny, 0x1p-1022, 0x1p-1022 - kTiny, 1.0}) {
    CHECK(same_bits(sum_of<ReproducibleSum>({value}).to_double(), value));
  }
}

TEST_CASE("sums overflow at the end only") {
  CHECK(sum_of<ReproducibleSum>({kMax, kMax, -kMax}).to_double() == kMax);
  CHECK(sum_of<ReproducibleSum>({kMax, kMax}).to_double() == kInfinity);
  CHECK(sum_of<ReproducibleSum>({-kMax, -kMax}).to_double() == -kInfinity);
  ReproducibleSum products;
  products.add_product(kMax, kMax);
  products.add_product(kMax, -kMax);
  CHECK(same_bits(products.to_double(), 0.0));
  ReproducibleSum tiny;
  tiny.add_product(kTiny, kTiny);
  CHECK(tiny.magnitude().number().digits.size() == 1);
}

TEST_CASE("many values of one size do not overflow a bin") {
  // 2^38 times the value with the fullest digits, by doubling.
  ReproducibleSum sum;
  const double value = 0x1p24 - 0x1p-29;
  sum.add(value);
  for (int i = 0; i < 38; ++i) {
    const ReproducibleSum copy = sum;
    sum.merge(copy);
  }
  CHECK(sum.to_double() == std::ldexp(value, 38));
}

TEST_CASE("NaN and infinities follow IEEE 754") {
  CHECK(sum_of<ReproducibleSum>({1.0, kInfinity}).to_double() == kInfinity);
  CHECK(sum_of<ReproducibleSum>({-kInfinity, 1.0, kMax}).to_double() == -kInfinity);
  CHECK(std::isnan(sum_of<ReproducibleSum>({kInfinity, -kInfinity}).to_double()));
  CHECK(std::isnan(sum_of<ReproducibleSum>({kNan, kInfinity}).to_double()));
  ReproducibleSum merged = sum_of<ReproducibleSum>({1.0});
  merged.merge(sum_of<ReproducibleSum>({-kInfinity}));
  CHECK(merged.to_double() == -kInfinity);
  CHECK_FALSE(merged.is_finite());
  ReproducibleSum product;
  product.add_product(kInfinity, 0.0);
  CHECK(std::isnan(product.to_double()));
}

TEST_CASE("zeros leave no trace, and zeroed memory is an empty sum") {
  CHECK(same_bits(ReproducibleSum().to_double(), 0.0));
  CHECK(same_bits(sum_of<ReproducibleSum>({-0.0, -0.0}).to_double(), 0.0));
  CHECK(same_state(sum_of<ReproducibleSum>({0.0, 1e-300, -0.0}), sum_of<ReproducibleSum>({1e-300})));
  alignas(ReproducibleSum) unsigned char memory[sizeof(ReproducibleSum)] = {};
  ReproducibleSum sum;
  std::memcpy(&sum, memory, sizeof sum);
  sum.add(2.5);
  CHECK(sum.to_double() == 2.5);
}

TEST_CASE("moments do not depend on order or merges and agree with the exact ones") {
  std::mt19937_64 random(6);
  for (const Range range : {Range{0, 0}, Range{-10, 10}, Range{-20, 20}}) {
    for (int round = 0; round < 40; ++round) {
      std::vector<double> values = random_values(random, range, 2 + static_cast<int>(random() % 100));
      for (double& value : values) value += 1e6;
      const auto whole = sum_of<ReproducibleMoments>(values);
      const auto exact = sum_of<Moments>(values);
      std::shuffle(values.begin(), values.end(), random);
      std::vector<ReproducibleMoments> parts(1 + random() % 9);
      for (const double value : values) parts[random() % parts.size()].add(value);
      const ReproducibleMoments merged = merge_randomly(parts, random);
      CHECK(merged.count == exact.count);
      CHECK(same_bits(merged.mean(), whole.mean()));
      CHECK(same_bits(whole.mean(), exact.mean()));
      for (const VarianceKind kind : {VarianceKind::kPopulation, VarianceKind::kSample}) {
        CHECK(same_bits(merged.variance(kind), whole.variance(kind)));
        CHECK(same_bits(whole.variance(kind), exact.variance(kind)));
      }
    }
  }
}

TEST_CASE("a constant group has variance zero and its value as mean") {
  for (const double value : {0.1, 1e300, 1e-300, -3.3, 0.0}) {
    ReproducibleMoments moments;
    for (int i = 0; i < 1001; ++i) moments.add(value);
    CHECK(same_bits(moments.variance(VarianceKind::kSample), 0.0));
    CHECK(moments.mean() == value);
  }
}

TEST_CASE("values of wildly different size never give a negative variance") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 500; ++round) {
    const auto moments = sum_of<ReproducibleMoments>(random_values(random, {-1074, 1023}, 5));
    CHECK(moments.variance(VarianceKind::kPopulation) >= 0.0);
  }
}

TEST_CASE("a group too small has no variance and an empty one no mean") {
  ReproducibleMoments moments;
  CHECK(std::isnan(moments.mean()));
  CHECK(std::isnan(moments.variance(VarianceKind::kPopulation)));
  moments.add(4.0);
  CHECK(same_bits(moments.variance(VarianceKind::kPopulation), 0.0));
  CHECK(std::isnan(moments.variance(VarianceKind::kSample)));
  moments.add(kNan);
  CHECK(std::isnan(moments.mean()));
  CHECK(std::isnan(moments.variance(VarianceKind::kSample)));
}

}  // namespace headrace
