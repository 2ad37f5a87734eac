// A spool gives rows back in order, whether they are in memory, on disk or both.
#include "headrace/exec/spill/spool.h"

#include <numeric>
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

constexpr std::size_t kWorkers = 4;
constexpr std::size_t kBatchRows = 500;

Column row_numbers(MemoryBudget& memory, std::size_t first) {
  std::vector<std::int64_t> rows(kBatchRows);
  std::iota(rows.begin(), rows.end(), first);
  return int_column(memory, rows);
}

/// Three batches for each of 20 splits, appended by all workers; row numbers, so that their order is known.
void fill(Spool& spool, const RunContext& context) {
  spool.start(20);
  run_tasks(20, kWorkers, *context.cancellation, [&](std::size_t split, std::size_t) {
    for (std::size_t batch = 0; batch < 3; ++batch) {
      spool.append({spool.schema(), {row_numbers(*context.memory, (3 * split + batch) * kBatchRows)}, kBatchRows},
                   split);
    }
  });
  spool.finish();
}

/// What a worker charges at most while it makes a batch.
std::size_t making_bytes() {
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
  row_numbers(*memory, 0);
  return memory->peak_bytes();
}

/// Keeps the rows of fill() with so little memory, and checks them.
struct Kept {
  std::size_t batch_count;
  std::size_t spilled_count;
  std::size_t used_bytes;  // once all are appended
  std::size_t peak_bytes;  // until then

  explicit Kept(std::size_t limit_bytes) {
    RunContext context;
    context.memory = MemoryBudget::create(limit_bytes);
    context.spill = std::make_shared<SpillSpace>(std::make_shared<FaultyScratchSpace>());
    context.spill->reserve_staging(*context.memory, kWorkers);
    Spool spool(std::make_shared<const Schema>(Schema({{"n", TypeKind::kInt64}})), context);
    fill(spool, context);
    batch_count = spool.batch_count();
    spilled_count = spool.spilled_count();
    used_bytes = context.memory->used_bytes();
    peak_bytes = context.memory->peak_bytes();

    std::vector<std::string> expected;
    for (std::size_t row = 0; row < 60 * kBatchRows; ++row) expected.push_back(std::to_string(row));
    CHECK(spool.row_count() == std::ssize(expected));
    CHECK(spool.first_row(batch_count) == spool.row_count());
    CHECK(rows_of(spool) == expected);
  }
};

}  // namespace

TEST_CASE("rows of a spool are in the order of splits, and half of the budget stays free") {
  CHECK(Kept(MemoryBudget::kUnlimited).spilled_count == 0);

  constexpr std::size_t kStagingBytes = kWorkers * SpillSpace::kStagingBytes;
  Kept nothing(2 * kStagingBytes - 2);
  CHECK(nothing.batch_count == 60);
  CHECK(nothing.spilled_count == 60);

  // All rows take 240 kB.
  for (std::size_t room_bytes : {50 << 10, 200 << 10}) {
    std::size_t half_bytes = kStagingBytes + room_bytes;
    Kept some(2 * half_bytes);
    CHECK(some.spilled_count > 0);
    CHECK(some.spilled_count < some.batch_count);
    std::size_t index_bytes = some.spilled_count * 128;  // a record with one block each
    CHECK(some.used_bytes <= half_bytes + index_bytes);
    CHECK(some.used_bytes > half_bytes - kWorkers * making_bytes());
    CHECK(some.peak_bytes <= half_bytes + index_bytes + kWorkers * making_bytes());
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

TEST_CASE("the first rows that are dropped are gone, wherever batches end") {
  RunContext context;
  for (std::int64_t dropped : {0, 1, 499, 500, 501, 12'345, 29'999, 30'000, 99'999}) {
    Spool spool(std::make_shared<const Schema>(Schema({{"n", TypeKind::kInt64}})), context);
    fill(spool, context);
    spool.keep_first(29'500);
    spool.drop_first(dropped);
    std::vector<std::string> rows = rows_of(spool);
    CHECK(spool.row_count() == std::ssize(rows));
    CHECK(std::ssize(rows) == std::max<std::int64_t>(0, 29'500 - dropped));
    if (!rows.empty()) {
      CHECK(rows.front() == std::to_string(dropped));
      CHECK(rows.back() == "29499");
    }
  }
}

}  // namespace headrace
