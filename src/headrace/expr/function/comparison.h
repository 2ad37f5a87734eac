// What equal and less mean for values of one type.
#pragma once

#include <span>
#include <string_view>
#include <type_traits>

#include "headrace/expr/function.h"

namespace headrace {

template <typename T>
bool values_equal(const T& a, const T& b) {
  if constexpr (std::is_floating_point_v<T>) return a == b || (a != a && b != b);
  return a == b;
}

template <typename T>
bool value_less(const T& a, const T& b) {
  if constexpr (std::is_floating_point_v<T>) return a < b || (b != b && a == a);
  return a < b;
}

/// The common scalar type in which the arguments are compared; int64 when all are null. Refuses other arguments.
Type comparable_type(std::string_view name, std::span<const Type> given);

}  // namespace headrace
