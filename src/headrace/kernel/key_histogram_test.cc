// Ranges and counts against their definition, computed one shift after another.
#include "headrace/kernel/key_histogram.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <doctest/doctest.h>

#include "headrace/kernel/order_key.h"

namespace headrace {
namespace {

using Keys = std::vector<uint64_t>;

void add_all(KeyHistogram& histogram, std::span<const uint64_t> keys) {
  const size_t taken = histogram.add(keys);
  if (taken == keys.size()) return;
  histogram.widen();
  CHECK(histogram.add(keys.subspan(taken)) == keys.size() - taken);
}

void merge_all(KeyHistogram& into, const KeyHistogram& from) {
  if (from.is_widened()) into.widen();
  if (into.merge(from)) return;
  into.widen();
  CHECK(into.merge(from));
}

/// The ranges as they are defined: the least shift that is allowed, counted one by one.
std::map<uint64_t, int64_t> expected_ranges(const Keys& keys, int& shift) {
  shift = 0;
  if (std::set<uint64_t>(keys.begin(), keys.end()).size() > KeyHistogram::kKeysMax) {
    std::set<uint64_t> prefixes;
    do {
      ++shift;
      prefixes.clear();
      for (uint64_t key : keys) prefixes.insert(key >> shift);
    } while (prefixes.size() > KeyHistogram::kRangesMax);
  }
  std::map<uint64_t, int64_t> counts;
  for (uint64_t key : keys) ++counts[key >> shift << shift];
  return counts;
}

void check(const KeyHistogram& histogram, const Keys& keys) {
  int shift = 0;
  const std::map<uint64_t, int64_t> expected = expected_ranges(keys, shift);
  CHECK(histogram.shift() == shift);
  std::map<uint64_t, int64_t> found;
  for (const KeyHistogram::Range& range : histogram.ranges()) found[range.first] = range.count;
  CHECK(found == expected);
}

std::vector<Keys> columns() {
  std::mt19937_64 random(7);
  std::vector<Keys> all = {{}, {0}, {~uint64_t{0}, 0, 0}};
  for (uint64_t distinct : {10, 4096, 4097, 100000}) {
    Keys keys;
    for (int i = 0; i < 20000; ++i) keys.push_back(order_key_int64(static_cast<int64_t>(random() % distinct) - 50));
    for (uint64_t i = 0; i < distinct && distinct < 5000; ++i) {
      keys.push_back(order_key_int64(static_cast<int64_t>(i) - 50));
    }
    all.push_back(keys);
  }
  std::normal_distribution<double> normal(5, 100);
  Keys floats;
  for (int i = 0; i < 20000; ++i) floats.push_back(order_key_float64(normal(random)));
  all.push_back(floats);
  Keys hashes;
  for (int i = 0; i < 20000; ++i) hashes.push_back(random());
  all.push_back(hashes);
  return all;
}

TEST_CASE("KeyHistogram counts by the key while there are few, else by the narrowest ranges that are allowed") {
  auto memory = MemoryBudget::create();
  for (const Keys& keys : columns()) {
    KeyHistogram histogram(*memory);
    add_all(histogram, keys);
    check(histogram, keys);
  }
}

TEST_CASE("KeyHistograms of parts, merged in any order, are that of the whole") {
  auto memory = MemoryBudget::create();
  std::mt19937_64 random(11);
  for (const Keys& keys : columns()) {
    for (size_t part_count : {2, 5}) {
      std::vector<Keys> parts(part_count);
      for (uint64_t key : keys) parts[std::min<size_t>(random() % 8, part_count - 1)].push_back(key);
      std::shuffle(parts.begin(), parts.end(), random);
      KeyHistogram merged(*memory);
      for (const Keys& part : parts) {
        KeyHistogram own(*memory);
        add_all(own, part);
        merge_all(merged, own);
      }
      check(merged, keys);
    }
  }
}

TEST_CASE("KeyHistogram takes keys that come many times at once") {
  auto memory = MemoryBudget::create();
  KeyHistogram histogram(*memory);
  CHECK(histogram.add(3, 5) == KeyHistogram::Outcome::kNew);
  CHECK(histogram.add(3, 2) == KeyHistogram::Outcome::kKnown);
  REQUIRE(histogram.ranges().size() == 1);
  CHECK(histogram.ranges()[0].count == 7);
  CHECK(memory->used_bytes() == histogram.bytes());
}

}  // namespace
}  // namespace headrace
