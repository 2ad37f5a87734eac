// The order of groups against sorting.
#include "headrace/exec/group_order.h"

#include <algorithm>
#include <random>

#include <doctest/doctest.h>

namespace headrace {
namespace {

/// Picks about one row in `sparsity` of some splits as first rows of groups, deals them to parts, and orders them.
void check_order(std::size_t part_count, std::uint64_t rows_max, std::uint64_t sparsity, std::size_t worker_count) {
  std::mt19937_64 random(rows_max + sparsity);
  std::vector<std::uint64_t> split_rows;
  std::vector<std::vector<std::uint64_t>> parts(part_count);
  for (std::size_t split = 0; split < 9; ++split) {
    split_rows.push_back(split == 4 ? 0 : random() % rows_max);
    for (std::uint64_t row = 0; row < split_rows.back(); ++row) {
      if (random() % sparsity == 0) parts[random() % part_count].push_back(position_of(split, row));
    }
  }
  std::size_t group_count = 0;
  std::vector<std::span<const std::uint64_t>> spans;
  for (std::vector<std::uint64_t>& part : parts) {
    std::shuffle(part.begin(), part.end(), random);
    group_count += part.size();
    spans.emplace_back(part);
  }
  std::vector<GroupRef> order = order_by_position(spans, split_rows, worker_count);
  REQUIRE(order.size() == group_count);
  std::vector<std::uint64_t> ordered;
  for (GroupRef group : order) ordered.push_back(parts[group.part()][group.group()]);
  CHECK(std::is_sorted(ordered.begin(), ordered.end()));
  CHECK(std::adjacent_find(ordered.begin(), ordered.end()) == ordered.end());
}

}  // namespace

TEST_CASE("groups are ordered by their first rows, few and many of them, dense and sparse") {
  for (std::size_t workers : {1U, 3U}) {
    check_order(1, 1, 1, workers);
    check_order(64, 50, 2, workers);
    check_order(64, 3000, 1, workers);
    check_order(5, 60'000, 7, workers);
    check_order(3, 100'000, 400, workers);
  }
}

}  // namespace headrace
