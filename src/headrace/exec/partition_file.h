// Rows on disk in partitions: what joins and deduplicate put away when memory is short, to come back to it part by
// part.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "headrace/exec/row_partitions.h"
#include "headrace/exec/spill/spill_file.h"

namespace headrace {

/// Bytes of rows that one of `thread_count` threads collects before they are put on disk in partitions.
std::size_t partition_run_bytes(const MemoryBudget& memory, std::size_t thread_count);

/// Thread-safe. Rows come back in plain layout.
class PartitionFile {
 public:
  /// A batch of one partition.
  struct Piece {
    std::uint32_t index;  // in the file
    std::uint32_t row_count;
  };

  PartitionFile(const RunContext& context, std::shared_ptr<const Schema> schema);

  /// Writes rows[i] to partition partitions[i], and returns the pieces that came to be: one for each partition, those
  /// that got no row with row_count 0. Takes about the memory of `rows` twice on the way.
  std::array<Piece, kPartitions> append(const Batch& rows, std::span<const std::uint8_t> partitions);

  /// The pieces of a partition, in the order in which they were written.
  const std::vector<Piece>& pieces(std::size_t partition) const { return pieces_[partition]; }
  Batch read(const Piece& piece) const { return file_.read(piece.index); }

  std::int64_t row_count(std::size_t partition) const { return rows_[partition]; }
  /// Bytes that the rows of a partition take in memory.
  std::size_t data_bytes(std::size_t partition) const { return bytes_[partition]; }

 private:
  std::shared_ptr<MemoryBudget> memory_;
  SpillFile file_;
  std::mutex mutex_;  // of what follows, while rows are added
  std::array<std::vector<Piece>, kPartitions> pieces_;
  std::array<std::int64_t, kPartitions> rows_ = {};
  std::array<std::size_t, kPartitions> bytes_ = {};
  Reservation reservation_;
};

}  // namespace headrace
