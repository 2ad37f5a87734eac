// See group_order.h. Many groups are not sorted: each sets the bit of its first row, and the number of bits before it
// is its place.
#include "headrace/exec/group_order.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <numeric>

#include "headrace/base/workers.h"

namespace headrace {
namespace {

constexpr std::size_t kWordBits = 64;
/// Rows for one group beyond which sorting the groups costs less than a bit for each row.
constexpr std::size_t kRowsPerGroupMax = 256;

std::vector<std::int32_t> sorted_order(const std::vector<std::span<const std::uint64_t>>& parts) {
  std::vector<std::uint64_t> positions;
  for (std::span<const std::uint64_t> part : parts) positions.insert(positions.end(), part.begin(), part.end());
  std::vector<std::int32_t> order(positions.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return positions[static_cast<std::size_t>(a)] < positions[static_cast<std::size_t>(b)];
  });
  return order;
}

}  // namespace

std::vector<std::int32_t> order_by_position(const std::vector<std::span<const std::uint64_t>>& parts,
                                            std::span<const std::uint64_t> split_rows, std::size_t worker_count) {
  std::vector<std::size_t> part_starts = {0};
  for (std::span<const std::uint64_t> part : parts) part_starts.push_back(part_starts.back() + part.size());
  std::vector<std::uint64_t> split_starts = {0};
  for (std::uint64_t rows : split_rows) split_starts.push_back(split_starts.back() + rows);
  const std::size_t group_count = part_starts.back();
  const std::uint64_t row_count = split_starts.back();
  if (group_count < 1024 || row_count / kRowsPerGroupMax > group_count) return sorted_order(parts);

  auto bit_of = [&](std::uint64_t position) { return split_starts[position >> 32] + (position & 0xffffffffU); };
  std::vector<std::uint64_t> bits(row_count / kWordBits + 1);
  const Cancellation never;
  run_tasks(parts.size(), worker_count, never, [&](std::size_t part, std::size_t) {
    for (std::uint64_t position : parts[part]) {
      std::uint64_t bit = bit_of(position);
      std::atomic_ref<std::uint64_t> word(bits[bit / kWordBits]);
      word.fetch_or(std::uint64_t{1} << (bit % kWordBits), std::memory_order_relaxed);
    }
  });
  std::vector<std::uint32_t> bits_before(bits.size());
  std::uint32_t count = 0;
  for (std::size_t word = 0; word < bits.size(); ++word) {
    bits_before[word] = count;
    count += static_cast<std::uint32_t>(std::popcount(bits[word]));
  }
  std::vector<std::int32_t> order(group_count);
  run_tasks(parts.size(), worker_count, never, [&](std::size_t part, std::size_t) {
    for (std::size_t i = 0; i < parts[part].size(); ++i) {
      std::uint64_t bit = bit_of(parts[part][i]);
      std::uint64_t below = bits[bit / kWordBits] & ((std::uint64_t{1} << (bit % kWordBits)) - 1);
      std::size_t place = bits_before[bit / kWordBits] + static_cast<std::size_t>(std::popcount(below));
      order[place] = static_cast<std::int32_t>(part_starts[part] + i);
    }
  });
  return order;
}

}  // namespace headrace
