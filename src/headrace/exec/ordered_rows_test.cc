// Rows come back in the order of their positions, however they were added.
#include "headrace/exec/ordered_rows.h"

#include <algorithm>
#include <random>

#include <doctest/doctest.h>

#include "headrace/exec/executor_fixture.h"
#include "headrace/exec/group_order.h"
#include "headrace/io/fs/faulty_scratch_space.h"

namespace headrace {

TEST_CASE("rows with positions in any order come back in theirs") {
  RunContext context;
  context.spill = std::make_shared<SpillSpace>(std::make_shared<FaultyScratchSpace>());
  auto schema = std::make_shared<const Schema>(Schema({{"n", TypeKind::kInt64}}));
  std::mt19937_64 random(1);
  for (std::vector<std::uint64_t> split_rows : {std::vector<std::uint64_t>{}, {0}, {1}, {3, 0, 900, 20'000, 1}}) {
    OrderedRows rows(context, schema, split_rows);
    std::vector<std::pair<std::uint64_t, std::int64_t>> all;  // position, value
    std::vector<std::string> expected;
    for (std::size_t split = 0; split < split_rows.size(); ++split) {
      for (std::uint64_t row = 0; row < split_rows[split]; ++row) {
        if (random() % 3 == 0) continue;
        all.emplace_back(position_of(split, row), std::ssize(all));
        expected.push_back(std::to_string(expected.size()));
      }
    }
    std::ranges::shuffle(all, random);
    for (std::size_t start = 0; start < all.size(); start += 5000) {
      std::vector<std::uint64_t> positions;
      std::vector<std::int64_t> values;
      for (std::size_t i = start; i < std::min(all.size(), start + 5000); ++i) {
        positions.push_back(all[i].first);
        values.push_back(all[i].second);
      }
      rows.add({schema, {int_column(*context.memory, values)}, std::ssize(values)}, positions);
    }
    CHECK(rows.row_count() == std::ssize(expected));
    Table table = rows.table(100);
    CHECK(rows_of(table) == expected);
    CHECK(std::ranges::all_of(table.batches, [](const Batch& batch) { return batch.row_count <= 100; }));
  }
}

}  // namespace headrace
