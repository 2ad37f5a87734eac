// The right rows of a join as they arrive: in memory while they are a fair part of the budget, else on disk by the hash
// of their keys.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "headrace/exec/operator.h"
#include "headrace/exec/partition_file.h"
#include "headrace/exec/run_context.h"
#include "headrace/exec/table.h"
#include "headrace/plan/node.h"

namespace headrace {

/// Bytes of the budget that the table of one more join may take: two thirds of what is left when a part is set aside
/// for rows on their way, and a small table always.
std::size_t join_table_bytes_max(const MemoryBudget& memory);
/// Bytes that a join's table takes beside its rows: its index, and row numbers.
inline std::size_t join_index_bytes(std::int64_t row_count) { return static_cast<std::size_t>(row_count) * 24; }

class JoinRight : public Sink {
 public:
  static constexpr std::size_t kPassesMax = kPartitions;

  JoinRight(const JoinNode& join, std::shared_ptr<const Schema> schema, const RunContext& context);

  void start(std::size_t split_count, std::size_t worker_count) override;
  void consume(Batch batch, std::size_t split_index, std::size_t worker_index) override;
  /// Ends the input: what belongs on disk is there. Must come before all below.
  void finish();

  bool is_spilled() const { return spills_; }
  /// All rows, in order. Requires: not spilled.
  Table table() const;
  /// Puts rows that are in memory on disk.
  void spill();

  /// Rows without a null in their key, on disk. Requires: spilled.
  const PartitionFile& file() const { return file_; }
  /// Reads the rows of a partition, in the order of the input: of `pass_count` (a power of two, at most kPassesMax)
  /// parts by further bits of their keys' hashes, part `pass`. Thread-safe.
  Table read(std::size_t partition, std::size_t pass, std::size_t pass_count) const;

  const std::shared_ptr<const Schema>& schema() const { return schema_; }
  std::int64_t row_count() const { return row_count_; }
  std::size_t data_bytes() const { return data_bytes_; }

 private:
  struct Kept {
    Batch rows;
    std::size_t split;
    std::uint64_t position;  // of the first row
  };
  struct Worker {
    std::vector<Kept> kept;
    std::size_t kept_bytes = 0;
    std::size_t split = SIZE_MAX;
    std::uint64_t next_position = 0;
  };

  void put_on_disk(Worker& worker);
  /// With their positions as one more column, and without rows whose key has a null.
  Batch with_positions(const Kept& kept) const;
  std::vector<Column> keys_of(const Batch& batch) const;
  std::vector<std::int32_t> rows_of_pass(const Batch& rows, std::size_t pass, std::size_t pass_count) const;

  const RunContext& context_;
  std::shared_ptr<const Schema> schema_;
  std::shared_ptr<const Schema> spilled_schema_;  // and the position
  std::vector<std::size_t> key_columns_;
  std::size_t table_bytes_max_ = SIZE_MAX;
  std::size_t run_bytes_ = SIZE_MAX;
  std::vector<Worker> workers_;
  std::atomic<std::int64_t> row_count_{0};
  std::atomic<std::size_t> data_bytes_{0};
  std::atomic<bool> spills_{false};
  PartitionFile file_;
};

}  // namespace headrace
