// Sums against those of Moments, bit by bit.
#include "headrace/kernel/power_sums.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "headrace/kernel/order_key.h"

namespace headrace {
namespace {

std::vector<double> floats() {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal(1e6, 3);
  std::vector<double> values = {0, -0.0, 1, -1, 1e-300, 1e300, -1e300, 5e-324, std::numeric_limits<double>::max()};
  for (int i = 0; i < 3000; ++i) values.push_back(normal(random));
  for (int i = 0; i < 3000; ++i) {
    values.push_back(std::ldexp(normal(random), static_cast<int>(random() % 2000) - 1000) * (i % 2 == 0 ? 1 : -1));
  }
  return values;
}

std::vector<std::int64_t> integers() {
  std::mt19937_64 random(4);
  std::vector<std::int64_t> values = {0, 1, -1, INT64_MIN, INT64_MAX, INT64_MIN, INT64_MAX};
  for (int i = 0; i < 3000; ++i) values.push_back(static_cast<std::int64_t>(random()));
  for (int i = 0; i < 3000; ++i) values.push_back(static_cast<std::int64_t>(random() % 1000) - 30);
  return values;
}

void check_equal(const Moments& found, const Moments& expected) {
  CHECK(found.count == expected.count);
  CHECK(found.sum.to_bytes() == expected.sum.to_bytes());
  CHECK(found.sum_of_squares.to_bytes() == expected.sum_of_squares.to_bytes());
}

TEST_CASE("PowerSums of floats are the exact sums that Moments finds, in any order and split") {
  auto memory = MemoryBudget::create();
  std::vector<double> values = floats();
  Moments expected;
  for (double value : values) expected.add(value);
  std::mt19937_64 random(8);
  for (std::size_t part_count : {1, 3, 8}) {
    std::shuffle(values.begin(), values.end(), random);
    std::vector<std::vector<std::uint64_t>> parts(part_count);
    for (double value : values) parts[random() % part_count].push_back(order_key_float64(value));
    PowerSums sums(*memory);
    for (const auto& part : parts) {
      PowerSums own(*memory);
      own.add_floats(part);
      sums.merge(own);
    }
    check_equal(sums.moments(), expected);
  }
}

TEST_CASE("PowerSums of infinite floats are infinite") {
  auto memory = MemoryBudget::create();
  PowerSums sums(*memory);
  sums.add_floats(std::vector{order_key_float64(std::numeric_limits<double>::infinity()), order_key_float64(1)});
  CHECK(std::isinf(sums.moments().mean()));
}

TEST_CASE("PowerSums of integers are exact over the whole range, one by one and many at once") {
  auto memory = MemoryBudget::create();
  PowerSums one_by_one(*memory);
  PowerSums at_once(*memory);
  Int128 sum = 0;
  for (std::int64_t value : integers()) {
    for (int i = 0; i < 3; ++i) one_by_one.add_integers(std::vector{order_key_int64(value)});
    at_once.add_integer(value, 3);
    sum += 3 * static_cast<Int128>(value);
  }
  check_equal(at_once.moments(), one_by_one.moments());
  Moments moments = at_once.moments();
  Int128 count = moments.count;
  CHECK(moments.mean() == static_cast<double>(static_cast<Float128>(sum) / static_cast<Float128>(count)));
  // Integers of up to 53 bits are doubles, too.
  PowerSums small(*memory);
  Moments expected;
  for (std::int64_t value : integers()) {
    small.add_integers(std::vector{order_key_int64(value >> 11)});
    expected.add(static_cast<double>(value >> 11));
  }
  check_equal(small.moments(), expected);
}

}  // namespace
}  // namespace headrace
