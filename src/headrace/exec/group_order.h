// The order of groups: by the place of their first row in the input.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace headrace {

/// A row's place in the input.
constexpr std::uint64_t position_of(std::size_t split_index, std::uint64_t row) {
  return (static_cast<std::uint64_t>(split_index) << 32) + row;
}

/// Numbers of groups in ascending order of their positions, no two of which are equal. Groups are numbered through all
/// parts, part by part. `split_rows` has the number of rows of each split. Uses up to `worker_count` threads.
std::vector<std::int32_t> order_by_position(const std::vector<std::span<const std::uint64_t>>& parts,
                                            std::span<const std::uint64_t> split_rows, std::size_t worker_count);

}  // namespace headrace
