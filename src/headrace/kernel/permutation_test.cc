// Random orders: bijective, inverted, spread, and the same everywhere.
#include "headrace/kernel/permutation.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include <doctest/doctest.h>

namespace headrace {

TEST_CASE("every place is taken once, and inverse() leads back") {
  for (std::uint64_t size : {1, 2, 3, 4, 5, 15, 16, 17, 255, 1000, 4096, 65537}) {
    for (std::uint64_t seed : {0, 1, 42}) {
      Permutation order(size, seed);
      std::vector<bool> taken(size);
      for (std::uint64_t i = 0; i < size; ++i) {
        std::uint64_t place = order(i);
        REQUIRE(place < size);
        REQUIRE_FALSE(taken[place]);
        taken[place] = true;
        REQUIRE(order.inverse(place) == i);
      }
    }
  }
  std::uint64_t huge = (std::uint64_t{1} << 61) + 12345;
  Permutation order(huge, 7);
  for (std::uint64_t i : {std::uint64_t{0}, std::uint64_t{1}, huge / 2, huge - 1}) {
    CHECK(order(i) < huge);
    CHECK(order.inverse(order(i)) == i);
  }
}

TEST_CASE("an order depends on its seed, and has known places") {
  Permutation order(1000, 1);
  Permutation other(1000, 2);
  int equal = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) equal += order(i) == other(i) ? 1 : 0;
  CHECK(equal < 10);
  // By the Python package xxhash.
  constexpr std::uint64_t kPlaces[] = {805, 559, 732, 519, 855, 180, 348, 326};
  for (std::uint64_t i = 0; i < std::size(kPlaces); ++i) CHECK(order(i) == kPlaces[i]);
  Permutation large(1'000'000'000'000, 42);
  CHECK(large(0) == 856'675'369'125);
  CHECK(large(2) == 617'224'409'893);
}

TEST_CASE("neighbours end up apart, and every part of the range comes everywhere") {
  constexpr std::uint64_t kSize = 100'000;
  constexpr std::uint64_t kParts = 20;
  Permutation order(kSize, 3);
  std::vector<std::vector<double>> counts(kParts, std::vector<double>(kParts));
  double distance = 0;
  for (std::uint64_t i = 0; i < kSize; ++i) {
    counts[i * kParts / kSize][order(i) * kParts / kSize] += 1;
    if (i > 0) distance += std::abs(static_cast<double>(order(i)) - static_cast<double>(order(i - 1)));
  }
  // The mean distance of two random places is a third of the range.
  CHECK(distance / kSize == doctest::Approx(kSize / 3.0).epsilon(0.02));
  double expected = static_cast<double>(kSize) / (kParts * kParts);
  double chi_square = 0;
  for (const auto& row : counts) {
    for (double count : row) chi_square += (count - expected) * (count - expected) / expected;
  }
  CHECK(chi_square < 361 + 5 * std::sqrt(2 * 361.0));  // 19 · 19 degrees of freedom, five deviations
}

}  // namespace headrace
