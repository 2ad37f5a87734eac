// The order in which an epoch's rows come.
//
//   blocks     row groups, in an order drawn for the epoch (kernel/permutation.h)
//   sequence   their rows, block by block
//   windows    of window_rows rows each, cut from the sequence; a block may lie in several
//   order      window by window, the rows of each mixed by a Fisher-Yates shuffle
//
// It is a function of the blocks' sizes, the seed, the epoch and window_rows, whatever reads the rows: threads,
// workers, ranks and machines do not matter, and the row at any place is found without those before it. The shuffle
// draws from SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014), bounded by
// Lemire's multiplication ("Fast random integer generation in an interval", 2019; its bias, below 2^-32, is left in).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace headrace {

/// Rows of a block.
struct BlockRows {
  std::size_t block = 0;
  std::int64_t first_row = 0;
  std::int64_t row_count = 0;

  friend bool operator==(const BlockRows&, const BlockRows&) = default;
};

class EpochOrder {
 public:
  /// Without a seed rows come as they are stored, still window by window. Requires: window_rows > 0.
  EpochOrder(std::span<const std::int64_t> block_rows, std::optional<std::uint64_t> seed, std::int64_t window_rows,
             std::int64_t epoch);

  std::int64_t row_count() const { return starts_.back(); }
  std::int64_t window_count() const { return (row_count() + window_rows_ - 1) / window_rows_; }
  /// The place of a window's first row in the epoch.
  std::int64_t window_start(std::int64_t window) const { return window * window_rows_; }
  std::int64_t window_row_count(std::int64_t window) const;
  /// What is read for a window, in the order of the sequence.
  std::vector<BlockRows> window_blocks(std::int64_t window) const;
  /// The row that comes at each place of a window, counted in the order of window_blocks().
  std::vector<std::uint32_t> rows_of_places(std::int64_t window) const;

 private:
  std::optional<std::uint64_t> seed_;  // of the epoch
  std::int64_t window_rows_;
  std::vector<std::size_t> blocks_;   // in the order drawn
  std::vector<std::int64_t> starts_;  // of each of them in the sequence, and the end
};

}  // namespace headrace
