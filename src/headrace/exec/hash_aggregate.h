// group_by: one row a distinct key, with its aggregates.
#pragma once

#include <memory>
#include <vector>

#include "headrace/exec/key_index.h"
#include "headrace/exec/operator.h"
#include "headrace/exec/run_context.h"
#include "headrace/exec/table.h"
#include "headrace/expr/aggregate.h"
#include "headrace/expr/dictionary_cache.h"
#include "headrace/plan/node.h"

namespace headrace {

/// Collects groups per worker without locks; result() merges them. Groups come in order of first appearance in the
/// input, whatever worker saw them, and aggregates merge to the same bits in any order.
class HashAggregate : public Sink {
 public:
  HashAggregate(const AggregateNode& node, const Schema& input, std::shared_ptr<const Schema> output,
                const RunContext& context);

  void start(std::size_t split_count, std::size_t worker_count) override;
  void consume(Batch batch, std::size_t split_index, std::size_t worker_index) override;
  Table result();

 private:
  /// The groups that one worker has seen.
  struct Groups {
    explicit Groups(const HashAggregate& owner);
    std::size_t size() const { return first_seen.size(); }
    /// Gives group numbers to rows (in `ids`) and keeps the keys of new groups. `position_of(row)` is a row's place in
    /// the input; a group keeps the earliest of its rows.
    template <typename PositionOf>
    void assign(const std::vector<Column>& key_columns, std::size_t row_count, const PositionOf& position_of);
    void charge();

    KeyIndex keys;
    std::vector<ColumnBuilder> key_values;
    std::vector<std::uint64_t> first_seen;  // split number × 2^32 + row in the split
    std::vector<std::unique_ptr<GroupedAggregate>> aggregates;
    std::vector<std::uint32_t> ids;  // of the rows of the last assign()
    std::size_t current_split = 0;
    std::uint64_t next_row = 0;
    Reservation reservation;
  };
  void merge(Groups& into, Groups& from);

  const AggregateNode& node_;
  std::shared_ptr<const Schema> output_;
  const RunContext& context_;
  std::vector<std::size_t> key_columns_;
  std::vector<Type> key_types_;
  std::vector<BoundAggregate> aggregates_;
  DictionaryCache dictionaries_;
  std::vector<std::unique_ptr<Groups>> workers_;
};

}  // namespace headrace
