// What the resolve functions of the function table share: refusing arguments in the same words everywhere.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <string_view>

#include "headrace/expr/function.h"

namespace headrace {

inline constexpr std::size_t kAnyCount = std::numeric_limits<std::size_t>::max();

/// Throws Error(kInvalidPipeline) "<name> does not take (<got>)" with the hint "<name> takes <accepted>"; bind() adds
/// where. `accepted` is a fragment such as "a string and an integer", with a fix after a semicolon if there is one to
/// give.
[[noreturn]] void refuse_args(std::string_view name, std::span<const Type> got, std::string_view accepted);

/// Refuses the call as refuse_args() does unless it has `min` to `max` arguments.
void require_arg_count(std::string_view name, std::span<const Type> got, std::size_t min, std::size_t max,
                       std::string_view accepted);

/// The common type of all arguments, or kNull type when there is none.
Type common_type_of(std::span<const Type> types);

}  // namespace headrace
