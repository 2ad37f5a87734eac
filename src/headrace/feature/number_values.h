// What all fitted statistics of numbers share: which values count, and that the result must be finite.
#pragma once

#include <array>
#include <cmath>
#include <span>
#include <string_view>
#include <type_traits>

#include "headrace/column/column.h"

namespace headrace {

/// Calls add(std::span<const T>) with the values of a column of storage T (double or std::int64_t) that are neither
/// null nor NaN, in order, some at a time; -0.0 comes as 0.0.
template <typename T, typename Add>
void for_present_values(const Column& column, const Add& add) {
  std::span<const T> values = column.values<T>();
  const std::uint8_t* valid = column.validity();
  std::array<T, 1024> present;
  std::size_t count = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (count == present.size()) {
      add(std::span<const T>(present));
      count = 0;
    }
    bool counts = valid == nullptr || valid[i] != 0;
    if constexpr (std::is_floating_point_v<T>) {
      present[count] = values[i] + 0.0;
      counts = counts && !std::isnan(values[i]);
    } else {
      present[count] = values[i];
    }
    count += counts ? 1 : 0;
  }
  if (count > 0) add(std::span<const T>(present.data(), count));
}

/// `value`, the `statistic` of a transform. Throws Error(kBadData) when it is infinite: literals of a model must not
/// be.
double finite_statistic(double value, std::string_view transform, std::string_view statistic);

}  // namespace headrace
