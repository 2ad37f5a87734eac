// Moves dense values apart, to the rows that have them.
#pragma once

#include <cstdint>

namespace headrace {

/// `values` holds the `valid_count` values of `count` rows, dense at its start. Afterwards row i holds its value where
/// validity[i] is 1, `absent` where it is 0.
template <typename T>
void spread(T* values, std::int64_t count, const std::uint8_t* validity, std::int64_t valid_count, T absent) {
  std::int64_t left = valid_count;
  // Rows in front of the first null are in place.
  for (std::int64_t row = count - 1; row >= left; --row) {
    left -= validity[row];
    T value = values[left];
    values[row] = validity[row] != 0 ? value : absent;
  }
}

}  // namespace headrace
