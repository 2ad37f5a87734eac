// Sets of hashes of known size, and how far the estimate is from it.
#include "headrace/kernel/distinct_sketch.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <doctest/doctest.h>

#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

TEST_CASE("DistinctSketch counts exactly up to its size, and to a few percent beyond") {
  auto memory = MemoryBudget::create();
  for (int64_t distinct : {0, 1, 4095, 4096, 4097, 10000, 300000}) {
    DistinctSketch sketch(*memory);
    for (int64_t i = 0; i < 2 * distinct; ++i) sketch.add(hash_int64(i % distinct));
    CHECK(sketch.is_exact() == (distinct <= 4096));
    if (sketch.is_exact()) {
      CHECK(sketch.estimate() == distinct);
    } else {
      CHECK(std::abs(static_cast<double>(sketch.estimate() - distinct)) < 0.06 * static_cast<double>(distinct));
    }
    CHECK(memory->used_bytes() == sketch.bytes());
  }
}

TEST_CASE("DistinctSketches of parts, merged in any order, are that of the whole") {
  auto memory = MemoryBudget::create();
  std::mt19937_64 random(5);
  for (uint64_t distinct : {100, 5000, 60000}) {
    std::vector<uint64_t> hashes;
    for (int i = 0; i < 100000; ++i) hashes.push_back(hash_int64(static_cast<int64_t>(random() % distinct)));
    DistinctSketch whole(*memory);
    whole.add(hashes);
    for (int trial = 0; trial < 4; ++trial) {
      std::shuffle(hashes.begin(), hashes.end(), random);
      DistinctSketch merged(*memory);
      for (size_t at = 0; at < hashes.size();) {
        const size_t size = std::min<size_t>(random() % 40000, hashes.size() - at);
        DistinctSketch part(*memory);
        part.add(std::span(hashes).subspan(at, size));
        merged.merge(part);
        at += size;
      }
      CHECK(merged.estimate() == whole.estimate());
      CHECK(merged.is_exact() == whole.is_exact());
    }
  }
}

}  // namespace
}  // namespace headrace
