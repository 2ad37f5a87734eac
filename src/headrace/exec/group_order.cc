// See group_order.h. Many groups are not sorted: each sets the bit of its first row, and the number of bits before it
// is its place.
#include "headrace/exec/group_order.h"

#include <algorithm>
#include <atomic>
#include <bit>

#include "headrace/base/error.h"
#include "headrace/base/workers.h"

namespace headrace {
namespace {

constexpr std::size_t kWordBits = 64;
/// Rows for one group beyond which sorting the groups costs less than a bit for each row.
constexpr std::size_t kRowsPerGroupMax = 256;

std::vector<GroupRef> sorted_order(const std::vector<std::span<const std::uint64_t>>& parts) {
  std::vector<GroupRef> order;
  for (std::size_t part = 0; part < parts.size(); ++part) {
    for (std::size_t group = 0; group < parts[part].size(); ++group) order.emplace_back(part, group);
  }
  auto position = [&](GroupRef group) { return parts[group.part()][group.group()]; };
  std::sort(order.begin(), order.end(), [&](GroupRef a, GroupRef b) { return position(a) < position(b); });
  return order;
}

}  // namespace

std::vector<GroupRef> order_by_position(const std::vector<std::span<const std::uint64_t>>& parts,
                                        std::span<const std::uint64_t> split_rows, std::size_t worker_count) {
  std::size_t group_count = 0;
  for (std::span<const std::uint64_t> part : parts) {
    group_count += part.size();
    if (parts.size() > std::size_t{1} << (32 - GroupRef::kGroupBits) || part.size() > 1U << GroupRef::kGroupBits) {
      throw Error(ErrorCode::kUnsupported, "a group_by has more groups than 32 bits can number");
    }
  }
  std::vector<std::uint64_t> split_starts = {0};
  for (std::uint64_t rows : split_rows) split_starts.push_back(split_starts.back() + rows);
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
  std::vector<GroupRef> order(group_count);
  run_tasks(parts.size(), worker_count, never, [&](std::size_t part, std::size_t) {
    for (std::size_t i = 0; i < parts[part].size(); ++i) {
      std::uint64_t bit = bit_of(parts[part][i]);
      std::uint64_t below = bits[bit / kWordBits] & ((std::uint64_t{1} << (bit % kWordBits)) - 1);
      std::size_t place = bits_before[bit / kWordBits] + static_cast<std::size_t>(std::popcount(below));
      order[place] = GroupRef(part, i);
    }
  });
  return order;
}

}  // namespace headrace
