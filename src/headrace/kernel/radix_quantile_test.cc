// The oracle sorts. Columns are chosen so that buckets end in every way: one distinct key, few keys collected, several
// rounds of counting, many probabilities sharing the memory.

#include "headrace/kernel/radix_quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <doctest/doctest.h>

#include "headrace/kernel/order_key.h"

namespace headrace {

namespace {

using Keys = std::vector<uint64_t>;

constexpr Probability kSome[] = {{0, 1}, {1, 4}, {1, 2}, {3, 4}, {1, 1}, {1, 2}, {999, 1000}, {1, 3}, {1, 1000000007}};

std::vector<Probability> hundredths() {
  std::vector<Probability> all;
  for (uint64_t i = 0; i <= 100; ++i) all.push_back({i, 100});
  return all;
}

/// Finds quantiles with batches of odd sizes, and returns how many rounds it took.
int run(RadixQuantiles& quantiles, const Keys& keys, size_t round_bytes = RadixQuantiles::kRoundBytesMax) {
  int rounds = 0;
  do {
    for (size_t at = 0; at < keys.size(); at += 1000) {
      quantiles.update(std::span(keys).subspan(at, std::min<size_t>(1000, keys.size() - at)));
    }
    ++rounds;
  } while (quantiles.finish_round(round_bytes));
  return rounds;
}

void check_against_sort(const Keys& keys, std::span<const Probability> probabilities) {
  RadixQuantiles quantiles(probabilities);
  CHECK(run(quantiles, keys) <= 9);
  CHECK(quantiles.count() == keys.size());
  Keys sorted = keys;
  std::sort(sorted.begin(), sorted.end());
  const std::vector<std::optional<uint64_t>> results = quantiles.results();
  REQUIRE(results.size() == probabilities.size());
  for (size_t i = 0; i < results.size(); ++i) {
    CAPTURE(i);
    CHECK(results[i] == sorted[quantile_rank(probabilities[i], keys.size())]);
  }
}

Keys normal_keys(size_t count, double mean, double deviation) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal(mean, deviation);
  Keys keys(count);
  for (uint64_t& key : keys) key = order_key_float64(normal(random));
  return keys;
}

Keys uniform_keys(size_t count, uint64_t distinct, uint64_t step) {
  std::mt19937_64 random(4);
  Keys keys(count);
  for (uint64_t& key : keys) key = 12345 + random() % distinct * step;
  return keys;
}

}  // namespace

TEST_CASE("the rank of a quantile is the ceiling of probability times count, exactly") {
  CHECK(quantile_rank({0, 1}, 10) == 0);
  CHECK(quantile_rank({1, 1}, 10) == 9);
  CHECK(quantile_rank({1, 2}, 10) == 4);
  CHECK(quantile_rank({1, 2}, 11) == 5);
  CHECK(quantile_rank({1, 10}, 10) == 0);
  CHECK(quantile_rank({3, 10}, 10) == 2);  // In floating point, ceil(0.3 * 10) depends on luck.
  CHECK(quantile_rank({11, 100}, 10) == 1);
  const uint64_t huge = ~uint64_t{0};
  CHECK(quantile_rank({1, 1}, huge) == huge - 1);
  CHECK(quantile_rank({huge - 1, huge}, huge) == huge - 2);
  CHECK(quantile_rank({1, huge}, huge) == 0);
}

TEST_CASE("quantiles agree with sorting on many distributions") {
  const std::vector<Probability> many = hundredths();
  for (const size_t count : {1, 2, 3, 10, 1000, 70'000}) {
    CAPTURE(count);
    for (const Keys& keys :
         {normal_keys(count, 0, 1), normal_keys(count, 1e9, 1), uniform_keys(count, 1, 0), uniform_keys(count, 7, 1),
          uniform_keys(count, 1000, uint64_t{1} << 50), uniform_keys(count, ~uint64_t{0}, 1)}) {
      check_against_sort(keys, kSome);
      check_against_sort(keys, many);
    }
  }
}

TEST_CASE("less memory takes more rounds to the same results, and no more than it was given") {
  const std::vector<Probability> many = hundredths();
  for (const Keys& keys : {normal_keys(100'000, 100, 15), uniform_keys(100'000, 70'000, 1),
                           uniform_keys(100'000, ~uint64_t{0}, 1), uniform_keys(100'000, 3, uint64_t{1} << 50)}) {
    RadixQuantiles expected(many);
    const int rounds = run(expected, keys);
    for (const size_t round_bytes : {size_t{0}, RadixQuantiles::kRoundBytesMin, size_t{1} << 20}) {
      CAPTURE(round_bytes);
      const size_t given = std::max(round_bytes, RadixQuantiles::kRoundBytesMin);
      RadixQuantiles quantiles(many, round_bytes);
      int rounds_here = 0;
      do {
        CHECK(quantiles.bytes() <= given + given / 4 + 250 * many.size());
        CHECK(quantiles.fork().bytes() <= quantiles.bytes());
        quantiles.update(keys);
        ++rounds_here;
      } while (quantiles.finish_round(round_bytes));
      CHECK(rounds_here >= rounds);
      CHECK(rounds_here <= 9);
      CHECK(quantiles.results() == expected.results());
    }
  }
}

TEST_CASE("more probabilities than there is memory for are found all the same") {
  const Keys keys = normal_keys(100'000, 0, 1);
  std::vector<Probability> every;
  for (uint64_t i = 1; i < 5000; ++i) every.push_back({i, 5000});
  RadixQuantiles expected(every);
  run(expected, keys);
  RadixQuantiles quantiles(every, 0);
  run(quantiles, keys, 0);
  CHECK(quantiles.results() == expected.results());
}

TEST_CASE("large buckets are counted in further rounds down to the last bit") {
  // 1.5 million keys that agree in their leading 44 bits: too many to be collected by any of three buckets.
  const Keys keys = uniform_keys(1'500'000, 1'000'000, 1);
  RadixQuantiles quantiles(std::vector<Probability>{{1, 4}, {1, 2}, {3, 4}});
  CHECK(run(quantiles, keys) == 4);
  Keys sorted = keys;
  for (const size_t quarter : {1, 2, 3}) {
    const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(keys.size() * quarter / 4) - 1;
    std::nth_element(sorted.begin(), at, sorted.end());
    CHECK(quantiles.results()[quarter - 1] == *at);
  }
}

TEST_CASE("a bucket of one distinct key ends at once, however many keys it has") {
  Keys keys(700'000, order_key_float64(12.5));
  RadixQuantiles same(std::vector<Probability>{{1, 2}});
  CHECK(run(same, keys) == 1);
  CHECK(same.results() == std::vector<std::optional<uint64_t>>{order_key_float64(12.5)});
  for (size_t i = 0; i < keys.size(); ++i) keys[i] = order_key_float64(1000.0 + static_cast<double>(i % 8));
  RadixQuantiles few(std::vector<Probability>{{1, 2}});
  CHECK(run(few, keys) == 2);
  CHECK(few.results() == std::vector<std::optional<uint64_t>>{order_key_float64(1003.0)});
}

TEST_CASE("few keys take two rounds") {
  RadixQuantiles quantiles(kSome);
  CHECK(run(quantiles, normal_keys(50'000, 100, 15)) == 2);
  RadixQuantiles alike(kSome);
  CHECK(run(alike, uniform_keys(50'000, 1'000'000, 1)) == 2);  // All in one bucket until the last bits.
}

TEST_CASE("infinities and NaN are values at the ends") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Keys keys;
  for (const double value : {kInfinity, -kInfinity, std::numeric_limits<double>::quiet_NaN(), 0.0, -0.0, 5.0, -5.0}) {
    keys.push_back(order_key_float64(value));
  }
  RadixQuantiles quantiles(std::vector<Probability>{{0, 1}, {1, 2}, {6, 7}, {1, 1}});
  run(quantiles, keys);
  const std::vector<std::optional<uint64_t>> results = quantiles.results();
  CHECK(float64_of_order_key(results[0].value()) == -kInfinity);
  CHECK(float64_of_order_key(results[1].value()) == 0.0);
  CHECK(float64_of_order_key(results[2].value()) == kInfinity);
  CHECK(std::isnan(float64_of_order_key(results[3].value())));
}

TEST_CASE("an empty column and a rank beyond the end have no value") {
  RadixQuantiles empty(kSome);
  CHECK_FALSE(empty.finish_round());
  CHECK(empty.count() == 0);
  CHECK(empty.results() == std::vector<std::optional<uint64_t>>(std::size(kSome)));
  RadixQuantiles ranks = RadixQuantiles::of_ranks(std::vector<uint64_t>{2, 0, 3, 1});
  run(ranks, {30, 10, 20});
  CHECK(ranks.results() == std::vector<std::optional<uint64_t>>{30, 10, std::nullopt, 20});
  RadixQuantiles none(std::span<const Probability>{});
  CHECK(run(none, {1, 2, 3}) == 1);
  CHECK(none.results().empty());
}

TEST_CASE("splitting a column among forks changes nothing") {
  std::mt19937_64 random(9);
  const std::vector<Probability> many = hundredths();
  for (const Keys& keys : {normal_keys(20'000, 0, 1), uniform_keys(20'000, 50, 1), uniform_keys(60'000, 45'000, 1)}) {
    RadixQuantiles whole(many, 0);
    const int rounds = run(whole, keys, 0);
    RadixQuantiles joined(many, 0);
    int rounds_joined = 0;
    do {
      std::vector<RadixQuantiles> forks;
      for (int i = 0; i < 3; ++i) forks.push_back(joined.fork());
      for (size_t at = 0; at < keys.size(); at += 777) {
        forks[random() % 3].update(std::span(keys).subspan(at, std::min<size_t>(777, keys.size() - at)));
      }
      forks[2].merge(forks[0]);
      joined.merge(forks[1]);
      joined.merge(forks[2]);
      ++rounds_joined;
    } while (joined.finish_round(0));
    CHECK(rounds_joined == rounds);
    CHECK(joined.results() == whole.results());
    CHECK(joined.count() == whole.count());
  }
}

}  // namespace headrace
