// Statistics of numbers, by their order keys (kernel/order_key.h).
//
// Up to KeyHistogram::kKeysMax different values are counted one by one, and everything follows from the counts. When
// there are more, values are counted by ranges, their moments are summed exactly, and their hashes go into a sketch:
// what was counted so far goes the same way then. So the state is a function of the multiset of values, whatever their
// order and however they were split among profiles.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "headrace/base/memory_budget.h"
#include "headrace/kernel/distinct_sketch.h"
#include "headrace/kernel/key_histogram.h"
#include "headrace/kernel/power_sums.h"

namespace headrace {

enum class NumberKind { kInteger, kFloat };

class NumberProfile {
 public:
  NumberProfile(NumberKind kind, MemoryBudget& memory);

  /// Adds the values that have these keys. NaN is no number here.
  void add(std::span<const std::uint64_t> keys);
  /// Adds a value that comes `times` times; none is allowed.
  void add(std::uint64_t key, std::int64_t times);
  void merge(const NumberProfile& other);
  /// Writes all, for another process to read() into one of the same kind that has seen nothing.
  void write(ByteWriter& out) const;
  void read(ByteReader& in);

  std::size_t bytes() const;

  struct Summary {
    std::int64_t count = 0;
    std::int64_t distinct = 0;
    bool is_distinct_exact = true;
    std::uint64_t min = 0;  // keys; of no meaning without values
    std::uint64_t max = 0;
    Moments moments;
    int shift = 0;  // of the ranges; 0: each is one value
    std::vector<KeyHistogram::Range> ranges;
  };
  Summary summary() const;

 private:
  /// What is kept of values that are not counted one by one.
  struct Wide {
    explicit Wide(MemoryBudget& memory) : distinct(memory), sums(memory) {}
    DistinctSketch distinct;
    PowerSums sums;
    std::uint64_t min = ~std::uint64_t{0};
    std::uint64_t max = 0;
  };
  void go_wide();
  void add_wide(std::uint64_t key, std::int64_t times);
  void add_to(PowerSums& sums, std::uint64_t key, std::int64_t times) const;

  NumberKind kind_;
  std::shared_ptr<MemoryBudget> memory_;
  KeyHistogram counts_;
  std::unique_ptr<Wide> wide_;
};

}  // namespace headrace
