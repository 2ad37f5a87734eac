// Least and greatest value of a column.
#pragma once

#include <cstdint>
#include <memory>

#include "headrace/feature/transform.h"

namespace headrace {

template <typename T>
struct Extremes {
  std::int64_t count = 0;
  T min{};  // zero without values
  T max{};
};

/// Feeds the present values of its one column to Extremes; `state_of` makes the state of them. T is the storage of the
/// column: double (float64) or std::int64_t (int64).
template <typename T>
std::unique_ptr<Accumulator> extremes_accumulator(Json (*state_of)(const Extremes<T>& extremes));

extern template std::unique_ptr<Accumulator> extremes_accumulator(Json (*)(const Extremes<double>&));
extern template std::unique_ptr<Accumulator> extremes_accumulator(Json (*)(const Extremes<std::int64_t>&));

}  // namespace headrace
