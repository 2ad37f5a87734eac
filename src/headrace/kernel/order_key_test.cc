// Keys are compared over a list of values in ascending order, edges of the types among them.

#include "headrace/kernel/order_key.h"

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

namespace headrace {

TEST_CASE("keys of integers sort as the integers do and give them back") {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  const int64_t ascending[] = {kMin, kMin + 1, -1000, -1, 0, 1, 42, kMax - 1, kMax};
  for (size_t i = 0; i < std::size(ascending); ++i) {
    CHECK(int64_of_order_key(order_key_int64(ascending[i])) == ascending[i]);
    if (i > 0) CHECK(order_key_int64(ascending[i - 1]) < order_key_int64(ascending[i]));
  }
  CHECK(order_key_int64(kMin) == 0);
  CHECK(order_key_int64(kMax) == ~uint64_t{0});
}

TEST_CASE("keys of floats sort as the floats do and give them back") {
  using Limits = std::numeric_limits<double>;
  const double ascending[] = {-Limits::infinity(),
                              -Limits::max(),
                              -1.5,
                              -1.0,
                              -Limits::min(),
                              -Limits::denorm_min(),
                              0.0,
                              Limits::denorm_min(),
                              Limits::min(),
                              1.0,
                              1.0 + Limits::epsilon(),
                              Limits::max(),
                              Limits::infinity()};
  for (size_t i = 0; i < std::size(ascending); ++i) {
    CHECK(float64_of_order_key(order_key_float64(ascending[i])) == ascending[i]);
    if (i > 0) CHECK(order_key_float64(ascending[i - 1]) < order_key_float64(ascending[i]));
  }
}

TEST_CASE("negative zero has the key of zero") {
  CHECK(order_key_float64(-0.0) == order_key_float64(0.0));
  CHECK_FALSE(std::signbit(float64_of_order_key(order_key_float64(-0.0))));
}

TEST_CASE("every NaN has one key, above infinity") {
  const uint64_t key = order_key_float64(std::numeric_limits<double>::quiet_NaN());
  CHECK(key > order_key_float64(std::numeric_limits<double>::infinity()));
  for (const uint64_t bits : {0x7ff0000000000001u, 0xfff8000000000000u, 0xffffffffffffffffu}) {
    CHECK(order_key_float64(std::bit_cast<double>(bits)) == key);
  }
  CHECK(std::bit_cast<uint64_t>(float64_of_order_key(key)) == 0x7ff8000000000000u);
}

}  // namespace headrace
