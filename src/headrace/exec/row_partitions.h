// Rows parted by the hash of their keys, so that all rows of a key are in one partition and partitions can be worked on
// one by one, by any thread.
//
// Rows are collected until there are enough of them that a partition's share is worth its overhead, then ordered by
// partition and kept as one block:
//
//   block      rows of partition 0 | rows of partition 1 | … | rows of partition 63
//   starts     ^                   ^                         ^                      ^
//
// When memory runs short, the blocks go to a file, a batch for each partition.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "headrace/column/column.h"
#include "headrace/exec/run_context.h"
#include "headrace/exec/spill/spill_file.h"

namespace headrace {

inline constexpr std::size_t kPartitionBits = 6;
inline constexpr std::size_t kPartitions = std::size_t{1} << kPartitionBits;

/// Sets hashes[i] to a hash of row i's key. Equal keys have equal hashes, in whatever layout.
void hash_keys(std::span<const Column> keys, std::size_t row_count, std::vector<std::uint64_t>& hashes);
/// The partition of a key with this hash.
inline std::uint8_t partition_of_hash(std::uint64_t hash) {
  return static_cast<std::uint8_t>(hash >> (64 - kPartitionBits));
}
/// Sets partitions[i] to the partition of row i's key.
void partition_of_keys(std::span<const Column> keys, std::size_t row_count, std::vector<std::uint8_t>& partitions);

/// Row numbers ordered by partition, in each in their order; starts[p] is where partition p begins.
struct PartitionOrder {
  std::vector<std::int32_t> rows;
  std::array<std::int64_t, kPartitions + 1> starts = {};
};
PartitionOrder order_by_partition(std::span<const std::uint8_t> partitions);

struct RowPartitionLimits {
  std::size_t block_rows = 16 * 1024;        // rows that are ordered at once, at least
  std::size_t spill_above_bytes = SIZE_MAX;  // of the budget in use, before blocks go to disk
};

/// The rows of one thread, with a position for each. Not thread-safe; read() may be called by several threads once
/// flush() was called.
class RowPartitions {
 public:
  using Limits = RowPartitionLimits;

  /// The first `key_count` columns of `schema` are the keys.
  RowPartitions(const RunContext& context, const Schema& schema, std::size_t key_count, const Limits& limits);

  /// Adds rows with the positions first_position, first_position + 1 …
  void add(Batch rows, std::uint64_t first_position);
  /// Orders what is still collected. Must be called before anything is read.
  void flush();
  /// Whether any rows are on disk.
  bool is_spilled() const { return file_ != nullptr; }

  /// Calls visit(rows, positions) with the rows of a partition, some at a time, in the order in which they were added.
  template <typename Visit>
  void read(std::size_t partition, const Visit& visit) const {
    std::vector<std::uint64_t> positions;
    for (std::size_t index : spilled_[partition]) {
      Batch rows = file_->read(index);
      std::span<const std::int64_t> from_disk = rows.columns.back().values<std::int64_t>();
      positions.assign(from_disk.begin(), from_disk.end());
      visit(rows, positions);
    }
    for (const Block& block : blocks_) {
      if (block.starts[partition + 1] == block.starts[partition]) continue;
      Batch rows = block_rows(block, partition, positions);
      visit(rows, positions);
    }
  }

 private:
  /// Rows that were added together: the first one's number in the block, and its position.
  struct Source {
    std::int32_t first_row;
    std::uint64_t first_position;
  };
  struct Block {
    Batch rows;                             // in the order of partitions
    std::vector<std::int32_t> row_numbers;  // of these rows before they were ordered
    std::array<std::int64_t, kPartitions + 1> starts;
    std::vector<Source> sources;
  };

  Block make_block();
  /// The rows of one partition, and their positions.
  Batch block_rows(const Block& block, std::size_t partition, std::vector<std::uint64_t>& positions) const;
  void spill();
  bool is_memory_short() const;

  const RunContext* context_;
  std::shared_ptr<const Schema> schema_;
  std::shared_ptr<const Schema> spill_schema_;  // and the positions
  std::size_t key_count_;
  Limits limits_;
  std::vector<Batch> collected_;
  std::vector<Source> sources_;
  std::size_t collected_rows_ = 0;
  std::vector<std::uint8_t> partitions_;
  std::vector<Block> blocks_;
  Reservation reservation_;  // of row numbers
  std::unique_ptr<SpillFile> file_;
  std::array<std::vector<std::size_t>, kPartitions> spilled_;  // batches of the file
};

}  // namespace headrace
