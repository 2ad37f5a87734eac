// The state of sum and mean: a total and a count for each group. They differ in what they make of the two at the end.
#pragma once

#include <utility>

#include "headrace/expr/aggregate/grouped.h"

namespace headrace {

struct TotalTypes {
  Type argument;
  Type result;
};

/// `T` is the storage of the argument, `Totals` has resize, add, merge and bytes as IntegerTotals, `Result` is the
/// storage of the result.
template <typename T, typename Totals, typename Result>
class TotalAggregate final : public GroupedAggregate {
 public:
  /// Makes the result of a group with at least one value.
  using Finish = Result (*)(const Totals& totals, std::size_t group, std::int64_t count, const TotalTypes& types);

  TotalAggregate(TotalTypes types, Finish finish_group) : types_(std::move(types)), finish_group_(finish_group) {}

  void resize(std::size_t group_count) override {
    totals_.resize(group_count);
    counts_.resize(group_count);
  }

  void update(const Column* argument, std::span<const std::uint32_t> group_ids) override {
    const T* values = argument->values<T>().data();
    for_each_valid(*argument, group_ids, [&](std::uint32_t group, std::size_t row) {
      totals_.add(group, values[row]);
      ++counts_[group];
    });
  }

  void merge(const GroupedAggregate& other, std::span<const std::uint32_t> other_groups,
             std::span<const std::uint32_t> group_ids) override {
    const auto& from = static_cast<const TotalAggregate&>(other);
    for (std::size_t i = 0; i < group_ids.size(); ++i) {
      totals_.merge(group_ids[i], from.totals_, other_groups[i]);
      counts_[group_ids[i]] += from.counts_[other_groups[i]];
    }
  }

  Column finish(MemoryBudget& memory) override {
    return make_results<Result>(
        memory, types_.result, counts_.size(), [&](std::size_t group) { return counts_[group] > 0; },
        [&](std::size_t group) { return finish_group_(totals_, group, counts_[group], types_); });
  }

  std::size_t state_bytes() const override { return totals_.bytes() + vector_bytes(counts_); }

 private:
  TotalTypes types_;
  Finish finish_group_;
  Totals totals_;
  std::vector<std::int64_t> counts_;
};

}  // namespace headrace
