// Rows on disk that come in any order and are read in that of their positions: the results of operators that work on
// partitions.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "headrace/exec/partition_file.h"
#include "headrace/exec/table.h"

namespace headrace {

/// `schema` with other names, and `count` int64 columns behind it: how rows are stored with their positions.
std::shared_ptr<const Schema> with_int64_columns(const Schema& schema, std::size_t count);
/// Positions as an int64 column.
Column position_column(MemoryBudget& memory, std::span<const std::uint64_t> positions);
/// The rows in ascending order of their last column, of positions.
Batch in_position_order(MemoryBudget& memory, Batch rows);

/// Positions are those of position_of() (group_order.h). Their range is cut into as many parts as there are partitions,
/// one of which must fit into memory to be read.
class OrderedRows {
 public:
  /// `split_rows` has the number of positions of each split.
  OrderedRows(const RunContext& context, std::shared_ptr<const Schema> schema,
              std::span<const std::uint64_t> split_rows);

  /// Adds rows with a position each, no two of which are equal. Thread-safe.
  void add(const Batch& rows, std::span<const std::uint64_t> positions);

  static constexpr std::size_t split_count() { return kPartitions; }
  /// Calls `push` with the rows of one part of the range. Thread-safe once all rows are there.
  void read(std::size_t split, const std::function<void(const Batch&)>& push) const;
  /// All rows, in batches of at most `rows_max`.
  Table table(std::int64_t rows_max) const;

  std::int64_t row_count() const;
  std::size_t data_bytes() const;

 private:
  std::shared_ptr<MemoryBudget> memory_;
  std::size_t run_bytes_;
  std::shared_ptr<const Schema> schema_;
  std::shared_ptr<const Schema> stored_schema_;  // and the position
  std::vector<std::uint64_t> split_starts_ = {0};
  PartitionFile file_;
};

}  // namespace headrace
