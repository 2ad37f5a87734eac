// DistinctSketch: about how many different values came, from their hashes, in fixed memory.
//
// It keeps the different hashes below a threshold; when there are more than kHashesMax of them, the threshold is halved
// and those above are dropped (adaptive sampling: Flajolet, "On adaptive sampling", 1990, after Wegman). The number is
// then what is kept times 2^level. The state is a function of the set of hashes: level is the least for which no more
// than kHashesMax of them lie below 2^(64 - level). So it depends neither on order nor on how values were split among
// sketches that are merged, and no floating point is involved. Most hashes are above the threshold soon, so that a
// value costs a comparison.
//
// Error: none up to kHashesMax different values; beyond, a standard error of 1.2 / sqrt(kHashesMax) = 1.9 %.
// Memory: 64 KiB once there are many, charged before it is allocated. Bits: integers only, identical everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "headrace/base/byte_stream.h"
#include "headrace/base/memory_budget.h"

namespace headrace {

class DistinctSketch {
 public:
  static constexpr size_t kHashesMax = 4096;

  explicit DistinctSketch(MemoryBudget& memory);

  void add(std::span<const uint64_t> hashes) {
    for (const uint64_t hash : hashes) add(hash);
  }
  void add(uint64_t hash) {
    if (hash <= greatest_) insert(hash);
  }
  /// Adds all that `other` has seen.
  void merge(const DistinctSketch& other);
  /// Writes all, for another process to read() into one that has seen nothing.
  void write(ByteWriter& out) const;
  void read(ByteReader& in);

  int64_t estimate() const noexcept { return static_cast<int64_t>(kept_) << level_; }
  bool is_exact() const noexcept { return level_ == 0; }
  size_t bytes() const noexcept { return reservation_.bytes(); }

 private:
  void insert(uint64_t hash);
  void rebuild(size_t slot_count);
  void raise_level();

  Reservation reservation_;
  std::vector<uint64_t> slots_;  // 0: free; at most half of them taken, a power of two
  size_t kept_ = 0;
  int level_ = 0;
  uint64_t greatest_ = ~uint64_t{0};  // that is kept
};

}  // namespace headrace
