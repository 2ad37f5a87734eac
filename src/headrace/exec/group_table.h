// The groups that one thread builds: keys, the place of each group's first row, and the states of the aggregates.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "headrace/column/column_builder.h"
#include "headrace/exec/key_index.h"
#include "headrace/expr/aggregate.h"

namespace headrace {

/// What the groups of one group_by have in common.
struct GroupSpec {
  std::vector<Type> key_types;
  std::vector<BoundAggregate> aggregates;
  MemoryBudget* memory;
};

class GroupTable {
 public:
  explicit GroupTable(const GroupSpec& spec);

  std::size_t size() const { return first_seen_.size(); }
  /// Of each group, the least of the positions of its rows.
  const std::vector<std::uint64_t>& first_seen() const { return first_seen_; }

  /// Adds rows: keys, the aggregates' arguments (one an aggregate; count() has none, and its column is ignored), and
  /// the place of each row in the input.
  void add(std::span<const Column> keys, std::span<const Column> arguments, std::span<const std::uint64_t> positions);
  /// Adds the groups `groups` of `other`, whose keys are `keys`, row i being groups[i]'s.
  void merge(const GroupTable& other, std::span<const Column> keys, std::span<const std::uint32_t> groups);
  /// Makes the group without keys, if there is none: an aggregate over no rows is a row.
  void add_global_group();

  /// Hands over the keys of all groups, in the order of their numbers.
  std::vector<Column> take_keys();
  /// The values of aggregate `index` for all groups.
  Column finish(std::size_t index) { return aggregates_[index]->finish(*spec_->memory); }

 private:
  /// Numbers of the rows' groups, in ids_; new groups begin.
  void assign(std::span<const Column> keys, std::span<const std::uint64_t> positions);
  void charge();

  const GroupSpec* spec_;
  KeyIndex keys_;
  std::vector<ColumnBuilder> key_values_;
  std::vector<std::uint64_t> first_seen_;
  std::vector<std::unique_ptr<GroupedAggregate>> aggregates_;
  std::vector<std::uint32_t> ids_;        // of the rows of the last assign()
  std::vector<std::int32_t> new_rows_;    // those of them that begin a group
  std::vector<std::uint64_t> positions_;  // of groups that are merged
  Reservation reservation_;
};

}  // namespace headrace
