// For tests of aggregates: one aggregate over the rows of a column.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "headrace/expr/aggregate.h"
#include "headrace/expr/function/check_rows.h"

namespace headrace {

using Groups = std::vector<std::uint32_t>;

/// The states of an aggregate after all rows of a column.
inline std::unique_ptr<GroupedAggregate> updated(std::string_view name, const Column& column, const Groups& groups,
                                                 std::size_t group_count) {
  const AggregateFunction* function = find_aggregate(name);
  REQUIRE(function != nullptr);
  Type arg_type, result;
  std::vector<Type> given = {column.type()};
  function->resolve(given, arg_type, result);
  REQUIRE(arg_type == column.type());
  std::unique_ptr<GroupedAggregate> aggregate = function->make(arg_type, test_memory());
  aggregate->resize(group_count);
  aggregate->update(&column, groups);
  return aggregate;
}

}  // namespace headrace
