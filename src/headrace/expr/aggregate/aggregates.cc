// The table of aggregates: one line to declare an aggregate's constant, one to list it, by name.
#include <algorithm>

#include "headrace/expr/aggregate.h"

namespace headrace {

extern const AggregateFunction kCountAggregate;
extern const AggregateFunction kCountDistinctAggregate;
extern const AggregateFunction kMaxAggregate;
extern const AggregateFunction kMeanAggregate;
extern const AggregateFunction kMinAggregate;
extern const AggregateFunction kStddevAggregate;
extern const AggregateFunction kStddevPopAggregate;
extern const AggregateFunction kSumAggregate;
extern const AggregateFunction kVarPopAggregate;
extern const AggregateFunction kVarianceAggregate;

namespace {

const AggregateFunction* const kTable[] = {
    &kCountAggregate,  &kCountDistinctAggregate, &kMaxAggregate, &kMeanAggregate,   &kMinAggregate,
    &kStddevAggregate, &kStddevPopAggregate,     &kSumAggregate, &kVarPopAggregate, &kVarianceAggregate,
};

}  // namespace

std::span<const AggregateFunction* const> all_aggregates() { return kTable; }

const AggregateFunction* find_aggregate(std::string_view name) {
  const auto* found = std::find_if(std::begin(kTable), std::end(kTable), [&](auto* a) { return a->name == name; });
  return found == std::end(kTable) ? nullptr : *found;
}

}  // namespace headrace
