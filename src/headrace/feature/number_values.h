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

/// The same with how often each value counts: add(std::span<const T>, std::span<const std::int64_t>). Rows that count 0
/// times are left out.
template <typename T, typename Add>
void for_counted_values(const Column& column, std::span<const std::int64_t> counts, const Add& add) {
  std::array<T, 1024> values;
  std::array<std::int64_t, 1024> times;
  std::size_t row = 0;
  while (row < counts.size()) {
    std::size_t count = 0;
    for (; row < counts.size() && count < values.size(); ++row) {
      if (counts[row] == 0 || column.is_null(static_cast<std::int64_t>(row))) continue;
      T value = column.values<T>()[row];
      if constexpr (std::is_floating_point_v<T>) {
        if (std::isnan(value)) continue;
        value += 0.0;
      }
      values[count] = value;
      times[count++] = counts[row];
    }
    if (count > 0) add(std::span<const T>(values.data(), count), std::span<const std::int64_t>(times.data(), count));
  }
}

/// `value`, the `statistic` of a transform. Throws Error(kBadData) when it is infinite: literals of a model must not
/// be.
double finite_statistic(double value, std::string_view transform, std::string_view statistic);

}  // namespace headrace
