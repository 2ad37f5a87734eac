// group_by: one row a distinct key, with its aggregates.
//
// Each worker aggregates the rows it gets in a table of its own, without locks, as long as that table stays small or
// the rows are many times more than the groups. Else it stops: further rows are parted by the hash of their keys
// (row_partitions.h), and result() aggregates partition after partition, on all threads, each in a table that fits the
// cache, joined by the groups of the workers' tables that belong to the partition.
//
// Groups come in order of first appearance in the input, whatever worker saw them, and aggregates merge to the same
// bits in any order; so the result depends on none of this.
#pragma once

#include <memory>
#include <vector>

#include "headrace/exec/group_order.h"
#include "headrace/exec/group_table.h"
#include "headrace/exec/operator.h"
#include "headrace/exec/ordered_rows.h"
#include "headrace/exec/row_partitions.h"
#include "headrace/exec/run_context.h"
#include "headrace/exec/table.h"
#include "headrace/expr/dictionary_cache.h"
#include "headrace/plan/node.h"

namespace headrace {

/// When a worker stops aggregating rows at once; tests make these small.
struct AggregateLimits {
  std::size_t small_groups = 16 * 1024;  // a table of so many groups is kept whatever it is worth
  std::size_t groups = 128 * 1024;       // one with more is not, whatever it is worth
  std::size_t rows_per_group = 8;        // what a table between these must be worth to be kept
  RowPartitionLimits parted;
};

class HashAggregate : public Sink {
 public:
  HashAggregate(const AggregateNode& node, const Schema& input, std::shared_ptr<const Schema> output,
                const RunContext& context, const AggregateLimits& limits = {});

  void start(std::size_t split_count, std::size_t worker_count) override;
  void consume(Batch batch, std::size_t split_index, std::size_t worker_index) override;
  /// The rows, if rows had to go to disk; else nullptr, and result() has them.
  std::shared_ptr<const OrderedRows> result_on_disk();
  Table result();

 private:
  struct Worker {
    explicit Worker(const HashAggregate& owner);

    GroupTable groups;
    std::size_t row_count = 0;
    bool parts_rows = false;  // rows go to `rest`
    RowPartitions rest;
    std::vector<std::uint64_t> positions;
  };
  /// The groups of a worker's table, by partition.
  struct Seeds {
    std::vector<Column> keys;  // in the order of `order`
    PartitionOrder order;
  };
  /// Finished groups: all of them, or those of a partition.
  struct Part {
    std::vector<Column> columns;  // keys, then aggregates
    std::vector<std::uint64_t> first_seen;
  };

  Batch rows_to_part(std::vector<Column> keys, const std::vector<Column>& arguments, std::int64_t row_count) const;
  Part merge_tables();
  /// Calls take(partition, part) for each partition, from several threads.
  template <typename Take>
  void merge_partitions(const Take& take);
  void add_partition(std::size_t partition, const Worker& worker, const Seeds& seeds, GroupTable& groups) const;
  Part finish(GroupTable& groups) const;
  Table put_in_order(std::vector<Part> parts) const;
  Column gather_groups(std::span<const Column> parts, std::span<const GroupRef> order) const;

  const AggregateNode& node_;
  std::shared_ptr<const Schema> output_;
  const RunContext& context_;
  AggregateLimits limits_;
  GroupSpec spec_;
  std::vector<std::size_t> key_columns_;
  std::shared_ptr<const Schema> parted_schema_;  // of rows that are parted: keys, then arguments
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::uint64_t> split_rows_;
  DictionaryCache dictionaries_;
};

}  // namespace headrace
