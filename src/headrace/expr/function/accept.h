// Which argument types a function takes: the check that most resolve functions are made of.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <vector>

#include "headrace/expr/function.h"

namespace headrace {

/// What one argument may be. A null literal may stand for any of them.
enum class Accept {
  kString,
  kText,     // string or binary, kept as it is
  kInteger,  // any integer, widened to int64
  kNumber,   // integers as int64, other numbers as float64
  kDate,
  kTimestamp,  // with or without zone, kept as it is
  kMoment,     // date or timestamp, kept as it is
};

/// Checks `given` against `wanted`, of which the last `optional_count` may be missing, and returns the types to cast
/// the arguments to. Throws Error(kInvalidPipeline) that names the argument and shows the function's signature.
std::vector<Type> accept(const Function& function, std::span<const Type> given, std::initializer_list<Accept> wanted,
                         std::size_t optional_count = 0);

/// The same for any number (at least `count_min`) of arguments that must all be `wanted`.
std::vector<Type> accept_all(const Function& function, std::span<const Type> given, Accept wanted,
                             std::size_t count_min);

}  // namespace headrace
