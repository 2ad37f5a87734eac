// Rows in order: of columns, of partitions, at random in partitions; the same for any threads and any memory.
#include "headrace/exec/order_rows.h"

#include <algorithm>
#include <random>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "headrace/exec/executor_fixture.h"
#include "headrace/io/fs/faulty_scratch_space.h"

namespace headrace {
namespace {

struct TestRow {
  std::optional<std::int64_t> day;
  std::string word;
  std::int64_t number;  // counts the rows
  std::string text() const { return fmt::format("{} {} {}", day ? std::to_string(*day) : "null", word, number); }
};

std::shared_ptr<const Schema> test_schema() {
  return std::make_shared<const Schema>(
      Schema({{"day", TypeKind::kInt64}, {"word", TypeKind::kString}, {"number", TypeKind::kInt64}}));
}

std::vector<TestRow> random_rows(std::int64_t count) {
  std::mt19937_64 random(7);
  std::vector<TestRow> rows;
  for (std::int64_t i = 0; i < count; ++i) {
    TestRow row{static_cast<std::int64_t>(random() % 5) - 2, std::string(random() % 4, 'w'), i};
    if (random() % 11 == 0) row.day.reset();
    rows.push_back(row);
  }
  return rows;
}

std::unique_ptr<Spool> spool_of(const std::vector<TestRow>& rows, const RunContext& context) {
  auto spool = std::make_unique<Spool>(test_schema(), context);
  spool->start(1);
  for (std::size_t start = 0; start < rows.size(); start += 1000) {
    ColumnBuilder days(*context.memory, TypeKind::kInt64);
    ColumnBuilder words(*context.memory, TypeKind::kString);
    ColumnBuilder numbers(*context.memory, TypeKind::kInt64);
    std::size_t end = std::min(rows.size(), start + 1000);
    for (std::size_t i = start; i < end; ++i) {
      if (rows[i].day) {
        days.append(*rows[i].day);
      } else {
        days.append_null();
      }
      words.append_string(rows[i].word);
      numbers.append(rows[i].number);
    }
    Batch batch{test_schema(), {}, static_cast<std::int64_t>(end - start)};
    for (ColumnBuilder* builder : {&days, &words, &numbers}) batch.columns.push_back(builder->finish());
    spool->append(std::move(batch), 0);
  }
  spool->finish();
  return spool;
}

struct Outcome {
  std::vector<std::string> rows;
  std::vector<std::string> partitions;  // "values: count"
};

Outcome outcome_of(const std::vector<TestRow>& rows, const RowOrder& order, std::size_t threads,
                   std::size_t memory_bytes) {
  RunContext context;
  context.thread_count = threads;
  context.memory = MemoryBudget::create(memory_bytes);
  context.spill = std::make_shared<SpillSpace>(std::make_shared<FaultyScratchSpace>());
  std::unique_ptr<Spool> spool = spool_of(rows, context);
  OrderedPart part = order_rows(*spool, as_they_are(test_schema()), order, context);
  Outcome outcome;
  Table table{test_schema(), {}};
  for (std::size_t i = 0; i < part.rows->batch_count(); ++i) table.batches.push_back(part.rows->read(i));
  outcome.rows = rows_of(table);
  for (const PartitionRows& partition : part.partitions) {
    std::string text;
    for (const auto& value : partition.values) text += value.value_or("null") + " ";
    outcome.partitions.push_back(fmt::format("{}: {}", text, partition.row_count));
  }
  return outcome;
}

std::vector<std::string> texts_of(const std::vector<TestRow>& rows) {
  std::vector<std::string> texts;
  for (const TestRow& row : rows) texts.push_back(row.text());
  return texts;
}

}  // namespace

TEST_CASE("rows are sorted by columns, and equal ones stay in their order") {
  for (std::int64_t count : {0, 1, 999, 30000}) {
    std::vector<TestRow> rows = random_rows(count);
    std::vector<TestRow> sorted = rows;
    std::ranges::stable_sort(sorted, [](const TestRow& a, const TestRow& b) {
      if (a.day != b.day) return a.day && (!b.day || *a.day > *b.day);  // descending, null last
      return a.word < b.word;
    });
    RowOrder order;
    order.sort_by = {{"day", true}, {"word", false}, {"day", false}};
    Outcome outcome = outcome_of(rows, order, 1, MemoryBudget::kUnlimited);
    CHECK(outcome.rows == texts_of(sorted));
    CHECK(outcome.partitions == std::vector<std::string>{fmt::format(": {}", count)});
    CHECK(outcome_of(rows, order, 4, 4 << 20).rows == outcome.rows);
  }
}

TEST_CASE("partitions are in the order of their values, rows in them as they come, sorted or at random") {
  std::vector<TestRow> rows = random_rows(20000);
  RowOrder order;
  order.partition_by = {"word", "day"};
  auto by_partition = [](const TestRow& a, const TestRow& b) {
    if (a.word != b.word) return a.word < b.word;
    return a.day < b.day;  // an empty one, null, is the least
  };
  std::vector<TestRow> expected = rows;
  std::ranges::stable_sort(expected, by_partition);
  std::vector<std::string> partitions;
  for (std::size_t start = 0; start < expected.size();) {
    std::size_t end = start;
    while (end < expected.size() && !by_partition(expected[start], expected[end])) ++end;
    partitions.push_back(fmt::format("{} {} : {}", expected[start].word,
                                     expected[start].day ? std::to_string(*expected[start].day) : "null", end - start));
    start = end;
  }
  Outcome in_order = outcome_of(rows, order, 2, MemoryBudget::kUnlimited);
  CHECK(in_order.rows == texts_of(expected));
  CHECK(in_order.partitions == partitions);

  order.sort_by = {{"number", true}};
  std::vector<TestRow> reversed = rows;
  std::ranges::reverse(reversed);
  std::ranges::stable_sort(reversed, by_partition);
  CHECK(outcome_of(rows, order, 2, MemoryBudget::kUnlimited).rows == texts_of(reversed));

  order.sort_by.clear();
  order.shuffle = 3;
  Outcome shuffled = outcome_of(rows, order, 2, MemoryBudget::kUnlimited);
  CHECK(shuffled.partitions == partitions);
  CHECK(shuffled.rows != in_order.rows);
  CHECK(outcome_of(rows, order, 3, 4 << 20).rows == shuffled.rows);
  std::ranges::sort(shuffled.rows);
  std::ranges::sort(in_order.rows);
  CHECK(shuffled.rows == in_order.rows);
}

TEST_CASE("more partitions than a manifest can tell are refused") {
  RowOrder order;
  order.partition_by = {"number"};
  CHECK_THROWS_WITH_AS(outcome_of(random_rows(10001), order, 1, MemoryBudget::kUnlimited),
                       doctest::Contains("more than 10000 partitions"), Error);
}

TEST_CASE("columns that rows cannot be put in order by are refused by name") {
  Schema schema({{"at", TypeKind::kTimestamp}, {"day", TypeKind::kDate}, {"list", Type::list(TypeKind::kInt64)}});
  RowOrder order;
  order.partition_by = {"dya"};
  CHECK_THROWS_WITH_AS(check_order(order, schema), doctest::Contains("'dya'"), Error);
  order.partition_by = {"at"};
  CHECK_THROWS_WITH_AS(check_order(order, schema), doctest::Contains("'at' of type timestamp"), Error);
  order.partition_by = {"day", "day"};
  CHECK_THROWS_WITH_AS(check_order(order, schema), doctest::Contains("twice"), Error);
  order.partition_by = {"day"};
  order.sort_by = {{"list", false}};
  CHECK_THROWS_WITH_AS(check_order(order, schema), doctest::Contains("'list' of type list"), Error);
  order.sort_by = {{"at", true}};
  check_order(order, schema);
  CHECK_THROWS_WITH_AS(check_order(order, Schema({{"day", TypeKind::kDate}})), doctest::Contains("all columns"), Error);
}

}  // namespace headrace
