// Exact order statistics of a column, found in rounds over the same rows.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "headrace/feature/transform.h"

namespace headrace {

template <typename T>
struct Quantiles {
  std::int64_t count = 0;
  /// values[k - 1] is the least value that at least k/n of all values do not exceed, for k = 1 … n - 1; empty without
  /// values.
  std::vector<T> values;
};

/// Feeds the present values of its one column to Quantiles in `part_count` (n, at least 2) parts; `state_of` makes
/// the state of them. T is the storage of the column: double (float64) or std::int64_t (int64). `round_bytes` as in
/// Transform::make_accumulator().
template <typename T>
std::unique_ptr<Accumulator> quantiles_accumulator(MemoryBudget& memory, std::size_t round_bytes,
                                                   std::int64_t part_count,
                                                   Json (*state_of)(const Quantiles<T>& quantiles));

extern template std::unique_ptr<Accumulator> quantiles_accumulator(MemoryBudget&, std::size_t, std::int64_t,
                                                                   Json (*)(const Quantiles<double>&));
extern template std::unique_ptr<Accumulator> quantiles_accumulator(MemoryBudget&, std::size_t, std::int64_t,
                                                                   Json (*)(const Quantiles<std::int64_t>&));

}  // namespace headrace
