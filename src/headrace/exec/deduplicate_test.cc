// deduplicate against a sort of each group; rows that lose late; the memory budget.
#include <algorithm>
#include <array>
#include <map>
#include <random>

#include <doctest/doctest.h>

#include "headrace/base/error.h"
#include "headrace/exec/executor_fixture.h"
#include "headrace/expr/parse.h"
#include "headrace/io/fs/faulty_scratch_space.h"

namespace headrace {
namespace {

const Schema kSchema({{"k", TypeKind::kInt64}, {"at", TypeKind::kInt64}, {"v", TypeKind::kInt64}});

struct Row {
  std::int64_t k, at, v;
};

struct Source : IntSource {
  Source(const std::vector<Row>& rows, std::size_t split_rows)
      : IntSource(kSchema, rows, split_rows, [](const Row& row) { return std::array{row.k, row.at, row.v}; }) {}
};

std::vector<std::string> deduplicated_slowly(const std::vector<Row>& rows, Keep keep, bool any_order) {
  std::vector<std::int64_t> order;
  std::map<std::int64_t, std::vector<Row>> groups;
  for (const Row& row : rows) {
    if (!groups.contains(row.k)) order.push_back(row.k);
    groups[row.k].push_back(row);
  }
  std::vector<std::string> result;
  for (std::int64_t key : order) {
    std::vector<Row>& group = groups[key];
    auto earlier = [](const Row& a, const Row& b) { return std::pair(a.at, a.v) < std::pair(b.at, b.v); };
    if (!any_order) std::ranges::sort(group, earlier);
    const Row& row = keep == Keep::kFirst ? group.front() : group.back();
    auto cell = [](std::int64_t value) { return value == kNullCell ? "null" : std::to_string(value); };
    result.push_back(cell(row.k) + " " + cell(row.at) + " " + cell(row.v));
  }
  return result;
}

NodePtr deduplicate(Keep keep, bool any_order) {
  DeduplicateNode node;
  node.input = make_scan("t", kSchema, "t");
  node.keys = {"k"};
  if (!any_order) node.order_by = {"at"};
  node.keep = keep;
  node.any_order = any_order;
  return make_deduplicate(node, "t: deduplicate k");
}

}  // namespace

TEST_CASE("deduplicate keeps the rows that sorting each group would, for any threads and batch size") {
  std::mt19937_64 random(11);
  for (std::size_t count : {0, 1, 400}) {
    std::vector<Row> rows;
    for (std::size_t i = 0; i < count; ++i) {
      auto key = static_cast<std::int64_t>(random() % 40);
      // The null cell is the least number here, as null is the least value there.
      auto at = static_cast<std::int64_t>(random() % 3);
      rows.push_back({key == 7 ? kNullCell : key, at == 0 ? kNullCell : at, static_cast<std::int64_t>(random() % 50)});
    }
    Source source(rows, 13);
    for (Keep keep : {Keep::kFirst, Keep::kLast}) {
      for (bool any_order : {false, true}) {
        NodePtr root = deduplicate(keep, any_order);
        std::vector<std::string> expected = deduplicated_slowly(rows, keep, any_order);
        for (std::size_t threads : {1, 2, 4}) {
          for (std::int64_t batch_rows : {std::int64_t{1}, std::int64_t{7}, kBatchRowsMax}) {
            RunContext context;
            context.thread_count = threads;
            context.batch_rows = batch_rows;
            Executor executor({root}, source.readers, context);
            CHECK(rows_of(executor.collect(root)) == expected);
            std::vector<OperatorReport> reports = executor.reports();
            CHECK_NOTHROW(check_row_accounting(reports));
            CHECK(reports.back().kind == "deduplicate");
            CHECK(reports.back().rows_removed == static_cast<std::int64_t>(count - expected.size()));
          }
        }
      }
    }
  }
}

TEST_CASE("rows that lose to later ones are not kept for long") {
  constexpr std::int64_t kKeys = 10000, kRounds = 40;
  std::vector<Row> rows;
  for (std::int64_t round = 0; round < kRounds; ++round) {
    for (std::int64_t key = 0; key < kKeys; ++key) rows.push_back({key, -round, round});
  }
  Source source(rows, static_cast<std::size_t>(kKeys));
  NodePtr root = deduplicate(Keep::kFirst, false);
  for (std::size_t threads : {1, 2}) {
    RunContext context;
    context.thread_count = threads;
    Executor executor({root}, source.readers, context);
    Table table = executor.collect(root);
    CHECK(rows_of(table) == deduplicated_slowly(rows, Keep::kFirst, false));
    CHECK(context.memory->peak_bytes() < static_cast<std::size_t>(kKeys * kRounds) * 3 * 8);
  }
}

TEST_CASE("rows that do not fit go to disk and come back in the same order, or the disk's error ends the run") {
  std::mt19937_64 random(12);
  std::vector<Row> rows;
  for (std::int64_t i = 0; i < 60'000; ++i) {
    auto key = static_cast<std::int64_t>(random() % 20'000);
    rows.push_back({key == 7 ? kNullCell : key * 77'777, static_cast<std::int64_t>(random() % 3),
                    static_cast<std::int64_t>(random() % 50)});
  }
  Source source(rows, 1500);
  for (Keep keep : {Keep::kFirst, Keep::kLast}) {
    for (bool any_order : {false, true}) {
      NodePtr root = deduplicate(keep, any_order);
      std::vector<std::string> expected = deduplicated_slowly(rows, keep, any_order);
      for (std::size_t threads : {1, 2, 5}) {
        RunContext context;
        context.thread_count = threads;
        context.memory = MemoryBudget::create(16 << 20);
        Reservation held(*context.memory, (8 << 20) + 1, "held");
        {
          Executor executor({root}, source.readers, context);
          CHECK(rows_of(executor.collect(root)) == expected);
          CHECK_NOTHROW(check_row_accounting(executor.reports()));
        }
        CHECK(context.spill->bytes_written() > 0);
        context.spill.reset();
        CHECK(context.memory->used_bytes() == held.bytes());
      }
    }
  }
  NodePtr root = deduplicate(Keep::kFirst, false);
  for (std::int64_t n = 1; n < 200; n += n / 2 + 1) {
    auto scratch = std::make_shared<FaultyScratchSpace>(Fault{n, ENOSPC, false});
    RunContext context;
    context.thread_count = 2;
    context.memory = MemoryBudget::create(16 << 20);
    context.spill = std::make_shared<SpillSpace>(scratch);
    Reservation held(*context.memory, (8 << 20) + 1, "held");
    {
      Executor executor({root}, source.readers, context);
      CHECK_THROWS_WITH_AS(executor.collect(root), doctest::Contains("No space left"), Error);
    }
    CHECK(scratch->used_bytes() == 0);
    context.spill.reset();
    CHECK(context.memory->used_bytes() == held.bytes());
  }
}

TEST_CASE("deduplicate beyond the memory budget ends in one error without a leak") {
  std::vector<Row> rows;
  for (std::int64_t i = 0; i < 5000; ++i) rows.push_back({i, i, i});
  Source source(rows, 100);
  NodePtr root = deduplicate(Keep::kFirst, false);
  RunContext small;
  small.thread_count = 2;
  small.memory = MemoryBudget::create(64 << 10);
  {
    Executor starved({root}, source.readers, small);
    CHECK_THROWS_WITH_AS(starved.collect(root), doctest::Contains("while running t: deduplicate k"), Error);
  }
  CHECK(small.memory->used_bytes() == 0);
}

}  // namespace headrace
