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

/// A group among those of several parts.
class GroupRef {
 public:
  GroupRef() = default;
  GroupRef(std::size_t part, std::size_t group) : bits_(static_cast<std::uint32_t>(part << kGroupBits | group)) {}
  std::size_t part() const { return bits_ >> kGroupBits; }
  std::size_t group() const { return bits_ & ((std::uint32_t{1} << kGroupBits) - 1); }

  static constexpr int kGroupBits = 26;

 private:
  std::uint32_t bits_ = 0;
};

/// The groups in ascending order of their positions, no two of which are equal; parts[p][g] is that of group g of part
/// p. `split_rows` has the number of rows of each split. Uses up to `worker_count` threads. Throws Error(kUnsupported)
/// for more than 64 parts or 67 million groups in one of them.
std::vector<GroupRef> order_by_position(const std::vector<std::span<const std::uint64_t>>& parts,
                                        std::span<const std::uint64_t> split_rows, std::size_t worker_count);

}  // namespace headrace
