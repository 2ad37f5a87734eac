// See epoch_order.h.
#include "headrace/feed/epoch_order.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "headrace/base/error.h"
#include "headrace/kernel/hash.h"
#include "headrace/kernel/permutation.h"

namespace headrace {
namespace {

/// Numbers below 2^32 that look random.
class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t seed) : state_(seed) {}

  std::uint32_t below(std::uint32_t end) { return static_cast<std::uint32_t>(((next() >> 32) * end) >> 32); }

 private:
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  }

  std::uint64_t state_;
};

std::uint64_t seed_of(std::uint64_t seed, std::int64_t number) {
  std::array<std::uint64_t, 2> parts = {seed, static_cast<std::uint64_t>(number)};
  return hash_combine(parts);
}

}  // namespace

EpochOrder::EpochOrder(std::span<const std::int64_t> block_rows, std::optional<std::uint64_t> seed,
                       std::int64_t window_rows, std::int64_t epoch)
    : window_rows_(window_rows), blocks_(block_rows.size()), starts_(1, 0) {
  HEADRACE_CHECK(window_rows > 0);
  if (seed) {
    seed_ = seed_of(*seed, epoch);
    Permutation order(block_rows.size(), seed_of(*seed_, -1));
    for (std::size_t i = 0; i < blocks_.size(); ++i) blocks_[i] = order(i);
  } else {
    std::iota(blocks_.begin(), blocks_.end(), std::size_t{0});
  }
  for (std::size_t block : blocks_) starts_.push_back(starts_.back() + block_rows[block]);
}

std::int64_t EpochOrder::window_row_count(std::int64_t window) const {
  return std::min(window_rows_, row_count() - window_start(window));
}

std::vector<BlockRows> EpochOrder::window_blocks(std::int64_t window) const {
  std::int64_t begin = window_start(window);
  std::int64_t end = begin + window_row_count(window);
  auto first = std::ranges::upper_bound(starts_, begin) - starts_.begin() - 1;
  std::vector<BlockRows> found;
  for (std::size_t i = static_cast<std::size_t>(first); i < blocks_.size() && starts_[i] < end; ++i) {
    std::int64_t from = std::max(begin, starts_[i]);
    std::int64_t to = std::min(end, starts_[i + 1]);
    if (from < to) found.push_back({blocks_[i], from - starts_[i], to - from});
  }
  return found;
}

std::vector<std::uint32_t> EpochOrder::rows_of_places(std::int64_t window) const {
  std::vector<std::uint32_t> rows(static_cast<std::size_t>(window_row_count(window)));
  std::iota(rows.begin(), rows.end(), std::uint32_t{0});
  if (!seed_) return rows;
  SplitMix64 random(seed_of(*seed_, window));
  for (std::size_t left = rows.size(); left > 1; --left) {
    std::swap(rows[left - 1], rows[random.below(static_cast<std::uint32_t>(left))]);
  }
  return rows;
}

}  // namespace headrace
