// The hash join: the right input becomes a table in memory, left batches probe it as they stream by.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "headrace/exec/key_index.h"
#include "headrace/exec/operator.h"
#include "headrace/exec/run_context.h"
#include "headrace/exec/table.h"
#include "headrace/plan/node.h"

namespace headrace {

/// The right side of a join, ready to be probed by any number of threads.
class JoinTable {
 public:
  /// Throws Error(kBadData) naming the key when the join wants unique right keys and one comes twice.
  JoinTable(const JoinNode& join, const Table& right, MemoryBudget& memory);

  /// Sets first_rows[i] to the first right row whose key is that of left row i, or to -1. Thread-safe, one `lookup` a
  /// thread.
  void find(std::span<const Column> left_keys, std::size_t row_count, KeyLookup& lookup,
            std::vector<std::int32_t>& first_rows) const {
    keys_.find(left_keys, row_count, lookup, first_rows);
  }
  /// The right rows, all in one batch, in order.
  const Batch& rows() const { return rows_; }
  /// The right rows with the key of `first_row`, which find() gave, ascending. Where keys are unique, that is
  /// `first_row` itself: the span refers to the argument.
  std::span<const std::int32_t> rows_of(const std::int32_t& first_row) const {
    if (is_unique()) return {&first_row, 1};
    std::size_t at = static_cast<std::size_t>(first_row);
    return {row_lists_.data() + list_starts_[at], list_starts_[at + 1] - list_starts_[at]};
  }
  /// Every key has exactly one row, the one that find() gives.
  bool is_unique() const { return list_starts_.empty(); }

 private:
  void make_lists(const std::vector<std::int32_t>& first_rows);
  void refuse_duplicates(const JoinNode& join, std::span<const Column> key_columns) const;

  Batch rows_;
  KeyIndex keys_;
  std::vector<std::uint32_t> list_starts_;  // rows + 1 offsets into row_lists_; empty where keys are unique
  std::vector<std::int32_t> row_lists_;     // row numbers, by the first row of their key; none with a null key
  Reservation reservation_;
};

/// What a join saw, for the row accounting.
struct JoinCounts {
  std::int64_t left_matched = 0;
  std::int64_t left_unmatched = 0;
  std::int64_t right_matched = 0;
  std::int64_t right_unmatched = 0;
};

/// Shared by the operators of all workers of one join.
struct JoinState {
  JoinNode join;
  JoinTable table;
  std::vector<std::size_t> left_key_columns;
  std::vector<std::shared_ptr<const Column>> right_values;  // columns of table.rows() that the output takes
  std::shared_ptr<const Schema> output;
  JoinCounts counts;                     // complete after the last operator finished, but right_*
  std::vector<std::uint8_t> right_seen;  // by right row; filled as operators finish

  /// Sets right_matched and right_unmatched from right_seen.
  void count_right();
};

std::shared_ptr<JoinState> make_join_state(const JoinNode& join, const Table& right, const Schema& left,
                                           std::shared_ptr<const Schema> output, const RunContext& context);
MakeOperator join_operator(const std::shared_ptr<JoinState>& state, const RunContext& context);

}  // namespace headrace
