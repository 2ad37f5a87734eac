// The table of texts against a map.
#include "headrace/kernel/text_table.h"

#include <map>
#include <random>

#include <doctest/doctest.h>

#include "headrace/base/error.h"

namespace headrace {
namespace {

struct Texts {
  std::string bytes;
  std::vector<std::int32_t> offsets = {0};

  void add(std::string_view text) {
    bytes += text;
    offsets.push_back(static_cast<std::int32_t>(bytes.size()));
  }
  TextRows rows() const { return {bytes.data(), offsets}; }
};

}  // namespace

TEST_CASE("texts get the numbers of a map, empty ones and ones with zero bytes too") {
  TextTable table;
  std::map<std::string, std::int32_t> expected;
  std::mt19937_64 random(3);
  std::vector<std::uint64_t> hashes;
  for (std::size_t size : {0, 1, 40, 3000, 20'000}) {
    Texts texts;
    for (std::size_t i = 0; i < size; ++i) {
      texts.add(std::string(random() % 5, static_cast<char>(random() % 3)) + std::to_string(random() % 9000));
      if (i % 100 == 0) texts.add("");
    }
    TextRows rows = texts.rows();
    std::vector<std::int32_t> ids(rows.size());
    std::vector<std::int32_t> found(rows.size());
    std::vector<std::uint8_t> valid(rows.size(), 1);
    if (!valid.empty()) valid.back() = 0;
    table.find(rows, valid.data(), hashes, found);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      auto place = expected.find(std::string(rows[i]));
      REQUIRE(found[i] == (place == expected.end() || valid[i] == 0 ? -1 : place->second));
    }
    table.insert(
        rows, valid.data(), hashes, ids, [&](std::size_t) { return static_cast<std::int32_t>(table.size()); },
        [](std::size_t) { return -2; });
    for (std::size_t i = 0; i < rows.size(); ++i) {
      auto number = static_cast<std::int32_t>(expected.size());
      if (valid[i] == 0) {
        REQUIRE(ids[i] == -2);
      } else {
        REQUIRE(ids[i] == expected.emplace(std::string(rows[i]), number).first->second);
        REQUIRE(table.text(static_cast<std::size_t>(ids[i])) == rows[i]);
      }
    }
    REQUIRE(table.size() == expected.size());
  }
}

TEST_CASE("a table of texts is charged") {
  auto memory = MemoryBudget::create(1 << 20);
  TextTable table(memory.get());
  Texts texts;
  for (int i = 0; i < 100'000; ++i) texts.add("some text with the number " + std::to_string(i));
  std::vector<std::uint64_t> hashes;
  std::vector<std::int32_t> ids(texts.rows().size());
  auto insert = [&] {
    table.insert(
        texts.rows(), nullptr, hashes, ids, [&](std::size_t) { return static_cast<std::int32_t>(table.size()); },
        [](std::size_t) { return -1; });
  };
  CHECK_THROWS_WITH_AS(insert(), doctest::Contains("memory budget"), Error);
}

}  // namespace headrace
