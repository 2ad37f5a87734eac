// Counts how often each value of a dictionary comes, for statistics that are collected by the value instead of the row.
//
// Behind a join with a dimension, many columns are coded by the same codes: the numbers of the matching rows of the
// dimension. One count of the codes serves all statistics over these columns, in every round, and each of them costs as
// much as the dimension has rows.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "headrace/base/memory_budget.h"
#include "headrace/column/column.h"

namespace headrace {

class CodeCounts {
 public:
  /// Columns of a table that share their codes, by index, and the values that the codes stand for.
  struct Key {
    std::vector<std::size_t> columns;
    std::vector<std::shared_ptr<const Column>> dictionaries;
    auto operator<=>(const Key&) const = default;
  };
  struct Counts {
    std::vector<std::int64_t> of_code;
    std::int64_t of_null = 0;  // rows whose code is negative
    Reservation reservation;
  };

  explicit CodeCounts(MemoryBudget& memory) : memory_(&memory) {}

  /// Counts the codes of `columns` of a batch, all of them in dictionary layout; those that share codes once. Charges
  /// the budget.
  void add(const Batch& batch, const std::vector<std::size_t>& columns);
  /// Adds what another has counted.
  void merge(const CodeCounts& other);

  const std::map<Key, Counts>& groups() const { return groups_; }

 private:
  Counts& counts_of(const Key& key);

  MemoryBudget* memory_;
  std::map<Key, Counts> groups_;
};

}  // namespace headrace
