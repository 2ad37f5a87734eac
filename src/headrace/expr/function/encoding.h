// What functions with literal parameters share: reading and refusing them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "headrace/expr/function.h"

namespace headrace {

std::vector<Type> types_of(std::span<const BoundExprPtr> args);

/// The value of an integer literal of at least 1; refuses the call otherwise.
std::int64_t positive_literal(std::string_view name, std::span<const BoundExprPtr> args, std::size_t index,
                              std::string_view accepted);

/// The elements of a list literal; refuses the call otherwise.
const Column& list_literal(std::string_view name, std::span<const BoundExprPtr> args, std::size_t index,
                           std::string_view accepted);

}  // namespace headrace
