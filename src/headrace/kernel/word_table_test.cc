// The table of words against a map, in both layouts and from one to the other.
#include "headrace/kernel/word_table.h"

#include <map>
#include <random>

#include <doctest/doctest.h>

#include "headrace/base/error.h"

namespace headrace {
namespace {

/// Inserts words batch by batch and compares with a map.
void check_words(const std::vector<std::vector<std::uint64_t>>& batches, WordTable& table) {
  std::map<std::uint64_t, std::int32_t> expected;
  for (const std::vector<std::uint64_t>& words : batches) {
    std::vector<std::uint8_t> valid(words.size());
    for (std::size_t i = 0; i < words.size(); ++i) valid[i] = i % 7 == 3 ? 0 : 1;
    std::vector<std::int32_t> ids(words.size());
    table.insert(
        words, valid.data(), ids, [&](std::size_t) { return static_cast<std::int32_t>(table.size()); },
        [](std::size_t) { return -2; });
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (valid[i] == 0) {
        REQUIRE(ids[i] == -2);
      } else {
        auto size = static_cast<std::int32_t>(expected.size());
        REQUIRE(ids[i] == expected.emplace(words[i], size).first->second);
      }
    }
    REQUIRE(table.size() == expected.size());
    std::vector<std::uint64_t> near;
    for (std::uint64_t word : words) near.insert(near.end(), {word, word + 1, ~word, word << 32});
    std::vector<std::int32_t> found(near.size());
    table.find(near, nullptr, found);
    for (std::size_t i = 0; i < near.size(); ++i) {
      auto place = expected.find(near[i]);
      REQUIRE(found[i] == (place == expected.end() ? -1 : place->second));
    }
  }
  std::size_t visited = 0;
  table.for_each([&](std::uint64_t word, std::int32_t id) { visited += expected.at(word) == id ? 1U : 0U; });
  CHECK(visited == expected.size());
}

std::vector<std::uint64_t> range(std::int64_t first, std::int64_t step, std::size_t count) {
  std::vector<std::uint64_t> words;
  for (std::size_t i = 0; i < count; ++i) {
    words.push_back(static_cast<std::uint64_t>(first + step * static_cast<std::int64_t>(i)));
  }
  return words;
}

}  // namespace

TEST_CASE("words that lie close are kept in an array, others are not") {
  WordTable close;
  check_words({range(-50, 1, 100), range(50, 1, 1000), range(-500, 1, 300), range(5000, -1, 5000)}, close);
  CHECK(close.is_direct());
  CHECK(close.bytes() < 100'000);

  WordTable far;
  check_words({range(0, 1'000'003, 1000)}, far);
  CHECK_FALSE(far.is_direct());

  WordTable first_close;
  check_words({range(0, 1, 100), {static_cast<std::uint64_t>(INT64_MIN), static_cast<std::uint64_t>(INT64_MAX)}},
              first_close);
  CHECK_FALSE(first_close.is_direct());

  WordTable first_far;
  check_words({range(0, 1'000, 100), range(0, 1, 100'000)}, first_far);
  CHECK(first_far.is_direct());
}

TEST_CASE("a table that knows the range of its words is laid out once") {
  for (std::int64_t step : {std::int64_t{3}, std::int64_t{1} << 40}) {
    WordTable table;
    table.expect(30'000);
    table.expect_range(-30'000 * step, 29'999 * step);
    check_words({range(0, step, 100)}, table);
    std::size_t bytes = table.bytes();
    CHECK(table.is_direct() == (step == 3));
    WordTable whole;
    whole.expect(30'000);
    whole.expect_range(-30'000 * step, 29'999 * step);
    check_words({range(0, step, 100), range(-30'000 * step, step, 100), range(29'900 * step, step, 100)}, whole);
    CHECK(whole.bytes() == bytes);
  }
}

TEST_CASE("words of all magnitudes") {
  std::mt19937_64 random(5);
  std::vector<std::vector<std::uint64_t>> batches;
  for (std::size_t size : {0, 1, 63, 64, 65, 5000, 20'000}) {
    std::vector<std::uint64_t>& words = batches.emplace_back();
    for (std::size_t i = 0; i < size; ++i) words.push_back(random() >> (random() % 64));
  }
  WordTable table;
  check_words(batches, table);
}

TEST_CASE("words that differ in their high bits only") {
  WordTable table;
  std::vector<std::uint64_t> words;
  for (std::uint64_t i = 0; i < 4096; ++i) words.push_back(i << 52);
  check_words({words}, table);
}

TEST_CASE("a sealed table finds what an open one does") {
  std::mt19937_64 random(6);
  for (std::uint64_t spread : {2U, 40U, 900U, 5000U}) {
    CAPTURE(spread);
    std::vector<std::uint64_t> words;
    for (int i = 0; i < 2000; ++i) words.push_back(random() % (2000 * spread) - 1000);
    std::ranges::sort(words);
    words.erase(std::unique(words.begin(), words.end()), words.end());
    WordTable table;
    std::vector<std::int32_t> ids(words.size());
    table.insert(
        words, nullptr, ids, [](std::size_t row) { return static_cast<std::int32_t>(row); },
        [](std::size_t) { return -1; });
    std::vector<std::uint64_t> wanted = {0, static_cast<std::uint64_t>(INT64_MIN),
                                         static_cast<std::uint64_t>(INT64_MAX)};
    for (int i = 0; i < 3000; ++i)
      wanted.push_back(random() % 2 == 0 ? words[random() % words.size()] : random() % 9'000'000 - 2000);
    std::vector<std::int32_t> open_ids(wanted.size()), sealed_ids(wanted.size());
    table.find(wanted, nullptr, open_ids);
    table.seal();
    table.find(wanted, nullptr, sealed_ids);
    CHECK(sealed_ids == open_ids);
  }
}

TEST_CASE("a table charges what it takes, before it takes it") {
  auto memory = MemoryBudget::create(1 << 20);
  WordTable table(memory.get());
  CHECK(memory->used_bytes() == table.bytes());
  std::vector<std::int32_t> ids(100'000);
  auto insert = [&](std::int64_t step) {
    table.insert(
        range(0, step, ids.size()), nullptr, ids, [&](std::size_t) { return static_cast<std::int32_t>(table.size()); },
        [](std::size_t) { return -1; });
  };
  insert(1);
  CHECK(memory->used_bytes() == table.bytes());
  CHECK_THROWS_WITH_AS(insert(1'000'003), doctest::Contains("memory budget"), Error);
}

}  // namespace headrace
