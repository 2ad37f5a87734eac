// Rows parted by the hash of their keys, so that all rows of a key are in one partition and partitions can be worked on
// one by one, by any thread.
//
// Rows are collected until there are enough of them that a partition's share is worth its overhead, then ordered by
// partition and kept as one block:
//
//   block      rows of partition 0 | rows of partition 1 | … | rows of partition 63
//   starts     ^                   ^                         ^                      ^
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "headrace/column/column.h"

namespace headrace {

inline constexpr std::size_t kPartitionBits = 6;
inline constexpr std::size_t kPartitions = std::size_t{1} << kPartitionBits;

/// Sets partitions[i] to the partition of row i's key. Equal keys have equal partitions, in whatever layout.
void partition_of_keys(std::span<const Column> keys, std::size_t row_count, std::vector<std::uint8_t>& partitions);

/// Row numbers ordered by partition, in each in their order; starts[p] is where partition p begins.
struct PartitionOrder {
  std::vector<std::int32_t> rows;
  std::array<std::int64_t, kPartitions + 1> starts = {};
};
PartitionOrder order_by_partition(std::span<const std::uint8_t> partitions);

/// The rows of one thread. Not thread-safe; partition() may be called by several threads once flush() was called.
class RowPartitions {
 public:
  /// The first `key_count` columns of the rows are the keys. Collects `block_rows` rows before it orders them.
  RowPartitions(std::size_t key_count, std::size_t block_rows, MemoryBudget& memory)
      : key_count_(key_count), block_rows_(block_rows), memory_(&memory) {}

  void add(Batch rows);
  /// Orders what is still collected. Must be called before the partitions are read.
  void flush();

  std::size_t block_count() const { return blocks_.size(); }
  /// The rows of a partition in one block, in the order in which they were added.
  Batch partition(std::size_t block, std::size_t partition) const;

 private:
  struct Block {
    Batch rows;
    std::array<std::int64_t, kPartitions + 1> starts;
  };

  std::size_t key_count_;
  std::size_t block_rows_;
  MemoryBudget* memory_;
  std::vector<Batch> collected_;
  std::size_t collected_rows_ = 0;
  std::vector<std::uint8_t> partitions_;
  std::vector<Block> blocks_;
};

}  // namespace headrace
