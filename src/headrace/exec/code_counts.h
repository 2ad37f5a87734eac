// Counts how often each value of a dictionary comes, for statistics that are collected by the value instead of the row.
//
// Behind a join with a dimension, the inputs of many statistics are coded by the same codes: the numbers of the
// matching rows of the dimension. One count of the codes then serves all of them, and each statistic costs as much as
// the dimension has rows.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "headrace/base/memory_budget.h"
#include "headrace/column/column.h"

namespace headrace {

class CodeCounts {
 public:
  explicit CodeCounts(MemoryBudget& memory) : memory_(&memory) {}

  /// Counts the codes of `inputs`: one column for each statistic, in the same order for every batch. Those in plain
  /// layout are left to the caller. Charges the budget.
  void add(std::span<const Column> inputs);
  /// Adds what another has counted.
  void merge(const CodeCounts& other);

  /// Calls visit(dictionary, counts) for everything counted for the statistic `index`.
  template <typename Visit>
  void for_each(std::size_t index, const Visit& visit) const {
    for (const auto& [key, group] : groups_) {
      for (std::size_t i = 0; i < key.inputs.size(); ++i) {
        if (key.inputs[i] == index) visit(*key.dictionaries[i], std::span<const std::int64_t>(group.counts));
      }
    }
  }

 private:
  /// Statistics whose inputs have the same codes, and the values that these stand for.
  struct Key {
    std::vector<std::size_t> inputs;
    std::vector<std::shared_ptr<const Column>> dictionaries;
    auto operator<=>(const Key&) const = default;
  };
  struct Group {
    std::vector<std::int64_t> counts;  // by code
    Reservation reservation;
  };
  Group& group_of(const Key& key);

  MemoryBudget* memory_;
  std::map<Key, Group> groups_;
};

}  // namespace headrace
