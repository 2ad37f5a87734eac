// deduplicate: one row of all that have equal keys.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "headrace/exec/key_index.h"
#include "headrace/exec/operator.h"
#include "headrace/exec/ordered_rows.h"
#include "headrace/exec/partition_file.h"
#include "headrace/exec/run_context.h"
#include "headrace/exec/table.h"
#include "headrace/plan/node.h"

namespace headrace {

/// Keeps the winning row of each key per worker without locks; result() merges them. Rows come in order of first
/// appearance of their keys in the input, whatever worker saw them. Which row of a key wins does not depend on the
/// order of rows, but for any_order, where it depends on their place in the input alone.
///
/// Rows are kept in the batches they came in: a batch that brings nothing new costs nothing, one whose rows all win is
/// not copied. Rows that lost later are thrown out when they are half of what is kept.
///
/// When memory is short, a worker puts what it keeps on disk, parted by the hash of the keys, and starts anew; in the
/// end the partitions are merged one by one.
class Deduplicate : public Sink {
 public:
  Deduplicate(const DeduplicateNode& node, const Schema& input, std::shared_ptr<const Schema> output,
              const RunContext& context);

  void start(std::size_t split_count, std::size_t worker_count) override;
  void consume(Batch batch, std::size_t split_index, std::size_t worker_index) override;
  /// The rows, if they had to go to disk; else nullptr, and result() has them.
  std::shared_ptr<const OrderedRows> result_on_disk();
  Table result();

 private:
  /// One key: where it appeared first, and its winning row so far.
  struct Group {
    std::uint64_t first_seen;  // split number × 2^32 + row in the split
    std::uint64_t position;    // of the winning row
    std::uint32_t batch;
    std::uint32_t row;
  };
  struct KeptBatch {
    Batch rows;  // of the columns in carried_
    std::vector<std::uint32_t> ids;
  };
  struct Groups {
    explicit Groups(const Deduplicate& owner);
    bool is_winner(std::size_t batch, std::size_t row) const;
    /// Makes room for `added` more groups.
    void reserve(std::size_t added);
    void charge();

    KeyIndex keys;
    std::vector<Group> groups;  // by number of the key
    std::vector<KeptBatch> batches;
    std::size_t kept_rows = 0;
    std::size_t kept_bytes = 0;  // of rows, as they came
    std::size_t current_split = 0;
    std::uint64_t next_row = 0;
    Reservation reservation;
  };
  /// Takes the rows of one batch; `group_of(row)` tells where its key appeared first and where it stands itself.
  template <typename GroupOf>
  void absorb(Groups& groups, const Batch& rows, const GroupOf& group_of) const;
  /// Throws the rows out that do not win (any more).
  void compact(Groups& groups, std::size_t batch) const;
  bool wins(const Batch& rows, std::size_t row, std::uint64_t position, const Groups& groups, const Group& over) const;
  void merge(Groups& into, Groups& from) const;
  std::vector<Column> keys_of(const Batch& rows) const;
  bool is_too_large(const Groups& groups) const;
  /// Writes the winners to file_, and leaves the groups empty.
  void spill(Groups& groups);
  void merge_partition(std::size_t partition, OrderedRows& rows) const;

  const DeduplicateNode& node_;
  std::shared_ptr<const Schema> output_;
  const RunContext& context_;
  std::shared_ptr<const Schema> carried_;     // the columns that rows are kept with
  std::vector<std::size_t> carried_columns_;  // their places in the input
  std::vector<std::size_t> key_columns_;      // places in carried_, as the next ones
  std::vector<std::size_t> order_columns_;
  std::vector<std::size_t> tie_columns_;
  std::vector<std::size_t> output_columns_;
  std::shared_ptr<const Schema> stored_schema_;  // that of carried_, then first_seen and position
  std::size_t run_bytes_;
  std::vector<std::unique_ptr<Groups>> workers_;
  std::vector<std::uint64_t> split_rows_;
  std::atomic<bool> spills_{false};
  PartitionFile file_;
};

}  // namespace headrace
