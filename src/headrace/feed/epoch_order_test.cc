// The order of rows: a permutation of all of them, fixed by the seed, mixed evenly, found from anywhere.
#include "headrace/feed/epoch_order.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include <doctest/doctest.h>

namespace headrace {
namespace {

/// Blocks and rows in the order in which they come.
std::vector<std::pair<std::size_t, std::int64_t>> all_rows(const EpochOrder& order) {
  std::vector<std::pair<std::size_t, std::int64_t>> rows;
  for (std::int64_t window = 0; window < order.window_count(); ++window) {
    std::vector<std::pair<std::size_t, std::int64_t>> stored;
    for (const BlockRows& block : order.window_blocks(window)) {
      for (std::int64_t i = 0; i < block.row_count; ++i) stored.emplace_back(block.block, block.first_row + i);
    }
    for (std::uint32_t row : order.rows_of_places(window)) rows.push_back(stored.at(row));
  }
  return rows;
}

const std::vector<std::int64_t> kBlocks = {5, 0, 17, 1, 40, 8};

TEST_CASE("every row comes once, whatever the window") {
  for (std::int64_t window : {1, 3, 16, 71, 1000}) {
    EpochOrder order(kBlocks, 7, window, 0);
    auto rows = all_rows(order);
    CHECK(rows.size() == 71);
    CHECK(std::set(rows.begin(), rows.end()).size() == 71);
    CHECK(order.window_count() == (71 + window - 1) / window);
  }
}

TEST_CASE("without a seed rows come as they are stored") {
  auto rows = all_rows(EpochOrder(kBlocks, std::nullopt, 10, 3));
  CHECK(std::ranges::is_sorted(rows));
}

TEST_CASE("the order depends on the seed and the epoch, and on nothing else") {
  auto rows = all_rows(EpochOrder(kBlocks, 7, 20, 4));
  CHECK(rows == all_rows(EpochOrder(kBlocks, 7, 20, 4)));
  CHECK(rows != all_rows(EpochOrder(kBlocks, 7, 20, 5)));
  CHECK(rows != all_rows(EpochOrder(kBlocks, 8, 20, 4)));
}

TEST_CASE("a window reads ranges of blocks that follow each other") {
  EpochOrder order(kBlocks, std::nullopt, 20, 0);
  CHECK(order.window_blocks(0) == std::vector<BlockRows>{{0, 0, 5}, {2, 0, 15}});
  CHECK(order.window_blocks(1) == std::vector<BlockRows>{{2, 15, 2}, {3, 0, 1}, {4, 0, 17}});
  CHECK(order.window_row_count(3) == 11);
}

TEST_CASE("each row of a window is equally likely at each place") {
  constexpr std::int64_t kRows = 8;
  constexpr int kEpochs = 8000;
  std::vector<std::int64_t> counts(kRows * kRows, 0);
  std::vector<std::int64_t> block = {kRows};
  for (int epoch = 0; epoch < kEpochs; ++epoch) {
    std::vector<std::uint32_t> rows = EpochOrder(block, 1, kRows, epoch).rows_of_places(0);
    for (std::size_t place = 0; place < rows.size(); ++place) ++counts[place * kRows + rows[place]];
  }
  double expected = static_cast<double>(kEpochs) / kRows;
  double chi_square = 0;
  for (std::int64_t count : counts) {
    double difference = static_cast<double>(count) - expected;
    chi_square += difference * difference / expected;
  }
  // (8 - 1)² degrees of freedom: above 98.4 by chance once in 40,000 seeds, and this seed is fixed.
  CHECK(chi_square < 98.4);
}

}  // namespace
}  // namespace headrace
