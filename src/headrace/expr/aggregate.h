// Aggregate functions: mergeable states over groups of rows.
//
// group_by evaluates each aggregate's argument to a column and feeds it to a GroupedAggregate, which holds one state a
// group. States merge in any order to the same bits.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "headrace/column/column.h"
#include "headrace/expr/bind.h"

namespace headrace {

/// The states of one aggregate for groups 0 … group_count-1. One instance belongs to one thread.
class GroupedAggregate {
 public:
  virtual ~GroupedAggregate() = default;
  /// Makes room for groups up to `group_count`; new ones start empty.
  virtual void resize(std::size_t group_count) = 0;
  /// Adds row i of `argument`, which is nullptr for count(), to group group_ids[i]. The argument is plain unless the
  /// function takes_dictionary.
  virtual void update(const Column* argument, std::span<const std::uint32_t> group_ids) = 0;
  /// Adds other's group other_groups[i] to this group group_ids[i]. `other` was made by the same AggregateFunction, and
  /// several threads may read it. No group of `other` comes twice.
  virtual void merge(const GroupedAggregate& other, std::span<const std::uint32_t> other_groups,
                     std::span<const std::uint32_t> group_ids) = 0;
  /// The results of all groups, in order of group id.
  virtual Column finish(MemoryBudget& memory) = 0;
  /// Bytes held by the states that are not charged yet.
  virtual std::size_t state_bytes() const = 0;
};

struct AggregateFunction {
  std::string_view name;
  std::string_view signature;
  std::string_view summary;
  /// Argument type (after implicit casts) and result type for one argument, or none for count(). Throws
  /// Error(kInvalidPipeline) saying what is accepted.
  void (*resolve)(std::span<const Type> arg_types, Type& arg_type, Type& result);
  std::unique_ptr<GroupedAggregate> (*make)(const Type& arg_type, MemoryBudget& memory);
  bool takes_dictionary = false;
};

std::span<const AggregateFunction* const> all_aggregates();
const AggregateFunction* find_aggregate(std::string_view name);

/// An aggregate call bound to a schema: count(), count(x), count_distinct(x), sum, mean, min, max, variance, stddev.
struct BoundAggregate {
  const AggregateFunction* function;
  BoundExprPtr argument;  // nullptr for count()
  Type arg_type;
  Type result;
};

/// Checks one aggregate call. Throws Error(kInvalidPipeline) when `expr` is no single aggregate call.
BoundAggregate bind_aggregate(const Expr& expr, const Schema& schema);

}  // namespace headrace
