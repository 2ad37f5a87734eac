// A spool gives rows back in order, whether they are in memory, on disk or both.
#include "headrace/exec/spill/spool.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "headrace/base/workers.h"
#include "headrace/exec/executor_fixture.h"
#include "headrace/io/fs/faulty_scratch_space.h"

namespace headrace {
namespace {

std::vector<std::string> rows_of(const Spool& spool) {
  Table table{spool.schema(), {}};
  for (std::size_t i = 0; i < spool.batch_count(); ++i) table.batches.push_back(spool.read(i));
  return headrace::rows_of(table);
}

/// Three batches for each of 20 splits, appended by 4 workers; row numbers, so that their order is known.
void fill(Spool& spool, const RunContext& context) {
  spool.start(20);
  run_tasks(20, 4, *context.cancellation, [&](std::size_t split, std::size_t) {
    for (std::int64_t batch = 0; batch < 3; ++batch) {
      std::vector<std::int64_t> rows(500);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i] = static_cast<std::int64_t>(split * 1500 + i) + batch * 500;
      }
      spool.append({spool.schema(), {int_column(*context.memory, rows)}, 500}, split);
    }
  });
  spool.finish();
}

}  // namespace

TEST_CASE("rows of a spool are in the order of splits, and half of the budget stays free") {
  auto schema = std::make_shared<const Schema>(Schema({{"n", TypeKind::kInt64}}));
  std::vector<std::string> expected;
  for (int row = 0; row < 30000; ++row) expected.push_back(std::to_string(row));
  // All rows take 240 kB, the staging buffer 320 KiB.
  for (std::size_t limit : {MemoryBudget::kUnlimited, std::size_t{1} << 20, std::size_t{600} << 10}) {
    RunContext context;
    context.memory = MemoryBudget::create(limit);
    context.spill = std::make_shared<SpillSpace>(std::make_shared<FaultyScratchSpace>());
    if (limit != MemoryBudget::kUnlimited) context.spill->reserve_staging(*context.memory, 1);
    Spool spool(schema, context);
    fill(spool, context);
    CHECK(spool.row_count() == 30000);
    CHECK(spool.first_row(spool.batch_count()) == 30000);
    CHECK(rows_of(spool) == expected);
    if (limit == MemoryBudget::kUnlimited) {
      CHECK(spool.spilled_count() == 0);
    } else {
      CHECK(spool.spilled_count() > 0);
      CHECK(spool.spilled_count() <= spool.batch_count());
      // Each worker may be one batch beyond the half.
      CHECK(context.memory->used_bytes() < limit);
    }
  }
}

TEST_CASE("an empty spool has no rows and no batches") {
  RunContext context;
  Spool spool(std::make_shared<const Schema>(Schema({{"n", TypeKind::kInt64}})), context);
  spool.start(3);
  spool.finish();
  CHECK(spool.batch_count() == 0);
  CHECK(spool.row_count() == 0);
}

}  // namespace headrace
