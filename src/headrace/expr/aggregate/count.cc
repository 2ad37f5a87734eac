// count: rows, or values that are not null.
#include "headrace/expr/aggregate/grouped.h"
#include "headrace/expr/function/resolve.h"

namespace headrace {

extern const AggregateFunction kCountAggregate;

namespace {

class Count final : public GroupedAggregate {
 public:
  void resize(std::size_t group_count) override { counts_.resize(group_count); }

  void update(const Column* argument, std::span<const std::uint32_t> group_ids) override {
    if (argument == nullptr) {
      for (std::uint32_t group : group_ids) ++counts_[group];
    } else if (argument->is_dictionary()) {
      for (std::size_t row = 0; row < group_ids.size(); ++row) {
        counts_[group_ids[row]] += argument->is_null(static_cast<std::int64_t>(row)) ? 0 : 1;
      }
    } else {
      for_each_valid(*argument, group_ids, [&](std::uint32_t group, std::size_t) { ++counts_[group]; });
    }
  }

  void merge(const GroupedAggregate& other, std::span<const std::uint32_t> other_groups,
             std::span<const std::uint32_t> group_ids) override {
    const auto& from = static_cast<const Count&>(other);
    for (std::size_t i = 0; i < group_ids.size(); ++i) counts_[group_ids[i]] += from.counts_[other_groups[i]];
  }

  Column finish(MemoryBudget& memory) override {
    return make_results<std::int64_t>(
        memory, TypeKind::kInt64, counts_.size(), [](std::size_t) { return true; },
        [&](std::size_t group) { return counts_[group]; });
  }

  std::size_t state_bytes() const override { return vector_bytes(counts_); }

 private:
  std::vector<std::int64_t> counts_;
};

}  // namespace

const AggregateFunction kCountAggregate = {
    .name = "count",
    .signature = "count() -> int64, count(x) -> int64",
    .summary = "The number of rows; with an argument, of rows where it is not null.",
    .resolve =
        [](std::span<const Type> given, Type& arg_type, Type& result) {
          require_arg_count("count", given, 0, 1, "no argument, for all rows, or one whose nulls do not count");
          arg_type = given.empty() ? Type() : given[0];
          result = TypeKind::kInt64;
        },
    .make = [](const Type&, MemoryBudget&) -> std::unique_ptr<GroupedAggregate> { return std::make_unique<Count>(); },
    .takes_dictionary = true,
};

}  // namespace headrace
