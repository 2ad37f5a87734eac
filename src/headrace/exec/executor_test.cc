// The engine against slow, obvious code: nested loops for joins, a map for group_by; counts, errors, budget.
#include "headrace/exec/executor.h"

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "headrace/base/error.h"
#include "headrace/exec/executor_fixture.h"
#include "headrace/expr/parse.h"

namespace headrace {
namespace {

const Schema kLeftSchema({{"k", TypeKind::kInt64}, {"v", TypeKind::kInt64}});
const Schema kRightSchema({{"k", TypeKind::kInt64}, {"w", TypeKind::kInt64}});

using Rows = std::vector<std::pair<std::int64_t, std::int64_t>>;

/// Random rows with keys 0 … key_count - 1 and nulls; the second value numbers the rows.
Rows random_rows(std::size_t count, std::uint64_t key_count, std::mt19937_64& random) {
  Rows rows;
  for (std::size_t i = 0; i < count; ++i) {
    std::int64_t key = static_cast<std::int64_t>(random() % (key_count + 1));
    rows.emplace_back(key == static_cast<std::int64_t>(key_count) ? kNullCell : key, static_cast<std::int64_t>(i));
  }
  return rows;
}

std::unique_ptr<MemoryReader> make_reader(MemoryBudget& memory, const Schema& schema, const Rows& rows,
                                          std::size_t split_rows) {
  return int_reader(memory, schema, rows, split_rows,
                    [](const auto& row) { return std::array{row.first, row.second}; });
}

std::string cell(std::int64_t value) { return value == kNullCell ? "null" : std::to_string(value); }

/// The join by nested loops: slow, and right by looking at it.
std::vector<std::string> nested_loops(const Rows& left, const Rows& right, JoinKind how) {
  std::vector<std::string> result;
  for (const auto& [key, value] : left) {
    std::string text = cell(key) + " " + cell(value);
    std::vector<std::string> matches;
    for (const auto& [right_key, right_value] : right) {
      if (key != kNullCell && key == right_key) matches.push_back(text + " " + cell(right_value));
    }
    if (how == JoinKind::kSemi && !matches.empty()) result.push_back(text);
    if (how == JoinKind::kAnti && matches.empty()) result.push_back(text);
    if (how == JoinKind::kLeft && matches.empty()) result.push_back(text + " null");
    if (how == JoinKind::kLeft || how == JoinKind::kInner) result.insert(result.end(), matches.begin(), matches.end());
  }
  return result;
}

/// group_by k with count, sum of v and the smallest v, groups in order of first appearance.
std::vector<std::string> grouped_slowly(const Rows& rows) {
  std::vector<std::int64_t> order;
  std::map<std::int64_t, std::vector<std::int64_t>> groups;
  for (const auto& [key, value] : rows) {
    if (!groups.contains(key)) order.push_back(key);
    groups[key].push_back(value);
  }
  std::vector<std::string> result;
  for (std::int64_t key : order) {
    std::int64_t sum = 0;
    for (std::int64_t value : groups[key]) sum += value;
    result.push_back(cell(key) + " " + std::to_string(groups[key].size()) + " " + std::to_string(sum) + " " +
                     std::to_string(*std::min_element(groups[key].begin(), groups[key].end())));
  }
  return result;
}

struct Sources {
  Sources(const Rows& left_rows, const Rows& right_rows, std::size_t split_rows)
      : left(make_reader(*memory, kLeftSchema, left_rows, split_rows)),
        right(make_reader(*memory, kRightSchema, right_rows, split_rows)),
        readers({{"left", left.get()}, {"right", right.get()}}) {}

  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
  std::unique_ptr<MemoryReader> left;
  std::unique_ptr<MemoryReader> right;
  std::map<std::string, const SourceReader*> readers;
};

/// Runs `root` with several numbers of threads and batch sizes; the rows must be the same and the counts must chain.
void check_rows(const NodePtr& root, const Sources& sources, const std::vector<std::string>& expected) {
  for (std::size_t threads : {1, 2, 4}) {
    for (std::int64_t batch_rows : {std::int64_t{1}, std::int64_t{7}, kBatchRowsMax}) {
      RunContext context;
      context.thread_count = threads;
      context.batch_rows = batch_rows;
      Executor executor({root}, sources.readers, context);
      CHECK(rows_of(executor.collect(root)) == expected);
      CHECK_NOTHROW(check_row_accounting(executor.reports()));
    }
  }
}

NodePtr left_scan() { return make_scan("left", kLeftSchema, "left"); }
NodePtr right_scan() { return make_scan("right", kRightSchema, "right"); }

NodePtr join_node(JoinKind how, bool right_unique = false) {
  JoinNode join;
  join.left = left_scan();
  join.right = right_scan();
  join.how = how;
  join.left_on = {"k"};
  join.right_on = {"k"};
  join.right_unique = right_unique;
  return make_join(join, "the join");
}

}  // namespace

TEST_CASE("every kind of join gives the rows of nested loops, in order, for any threads and batch size") {
  std::mt19937_64 random(7);
  for (std::size_t round = 0; round < 6; ++round) {
    Rows left = random_rows(round * 40, 12, random);
    Rows right = random_rows(round == 3 ? 0 : 30, 12, random);
    Sources sources(left, right, 13);
    for (JoinKind how : {JoinKind::kInner, JoinKind::kLeft, JoinKind::kSemi, JoinKind::kAnti}) {
      check_rows(join_node(how), sources, nested_loops(left, right, how));
    }
  }
}

TEST_CASE("group_by gives groups in order of first appearance, for any threads and batch size") {
  std::mt19937_64 random(8);
  for (std::size_t count : {0, 1, 200}) {
    Rows rows = random_rows(count, 17, random);
    Sources sources(rows, {}, 9);
    NodePtr grouped = make_aggregate(
        left_scan(), {"k"}, {{"n", parse_expr("count()")}, {"s", parse_expr("sum(v)")}, {"m", parse_expr("min(v)")}},
        "grouped");
    check_rows(grouped, sources, grouped_slowly(rows));
  }
}

TEST_CASE("equal floats are one group, shown as 0.0 and nan whatever came first") {
  auto memory = MemoryBudget::create();
  Schema schema({{"x", TypeKind::kFloat64}});
  auto shared = std::make_shared<const Schema>(schema);
  std::vector<Batch> batches;
  for (double value :
       {-0.0, 0.0, -std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()}) {
    ColumnBuilder builder(*memory, TypeKind::kFloat64);
    builder.append_null();
    builder.append(value);
    batches.push_back({shared, {builder.finish().slice(1, 1)}, 1});
  }
  MemoryReader reader(schema, batches);
  std::map<std::string, const SourceReader*> readers = {{"s", &reader}};
  NodePtr root = make_aggregate(make_scan("s", schema, "s"), {"x"}, {{"n", parse_expr("count()")}}, "groups");
  RunContext context;
  context.thread_count = 2;
  Executor executor({root}, readers, context);
  Table rows = executor.collect(root);
  CHECK(rows_of(rows) == std::vector<std::string>{"0.0 2", "NaN 2"});
}

TEST_CASE("an aggregate without keys gives one row, of no rows too") {
  Sources sources({}, {}, 5);
  NodePtr total = make_aggregate(left_scan(), {}, {{"n", parse_expr("count()")}, {"s", parse_expr("sum(v)")}}, "total");
  check_rows(total, sources, {"0 null"});
}

TEST_CASE("a join that must not multiply rows names the key that would") {
  Sources sources({{1, 0}, {2, 1}}, {{5, 0}, {2, 1}, {2, 2}}, 10);
  RunContext context;
  NodePtr root = join_node(JoinKind::kLeft, true);
  Executor executor({root}, sources.readers, context);
  CHECK_THROWS_WITH_AS(executor.collect(root), doctest::Contains("2 rows of its right side have the key k = 2"), Error);
}

TEST_CASE("a node with two readers is evaluated once") {
  Rows rows = {{1, 10}, {2, 20}, {1, 30}};
  Sources sources(rows, {}, 2);
  NodePtr scan = left_scan();
  NodePtr sums = make_aggregate(scan, {"k"}, {{"s", parse_expr("sum(v)")}}, "sums");
  JoinNode join;
  join.left = scan;
  join.right = sums;
  join.left_on = join.right_on = {"k"};
  NodePtr root = make_join(join, "with sums");
  check_rows(root, sources, {"1 10 40", "2 20 20", "1 30 40"});
  RunContext context;
  Executor executor({root}, sources.readers, context);
  executor.collect(root);
  std::vector<OperatorReport> reports = executor.reports();
  CHECK(std::count_if(reports.begin(), reports.end(), [](const OperatorReport& op) { return op.kind == "scan"; }) == 1);
  CHECK(reports[0].scan.rows_read == 3);
  CHECK(reports[0].bytes_out == 3 * 2 * 8);
  CHECK(reports.back().kind == "join");
  CHECK(reports.back().bytes_out >= 3 * (8 + 8 + 4));
}

TEST_CASE("counts that do not chain are an internal error") {
  OperatorReport scan;
  scan.kind = "scan";
  scan.label = "s";
  scan.rows_out = scan.scan.rows_delivered = scan.scan.rows_read = 10;
  OperatorReport filter;
  filter.id = 1;
  filter.kind = "filter";
  filter.label = "f";
  filter.inputs = {0};
  filter.rows_in = 10;
  filter.rows_out = 6;
  filter.rows_removed = 4;
  CHECK_NOTHROW(check_row_accounting({scan, filter}));
  OperatorReport lost = filter;
  lost.rows_removed = 3;
  CHECK_THROWS_WITH_AS(check_row_accounting({scan, lost}), doctest::Contains("rows do not add up at operator 1 (f)"),
                       Error);
  OperatorReport early = filter;
  early.rows_in = 9;
  CHECK_THROWS_AS(check_row_accounting({scan, early}), Error);
  OperatorReport leaky = scan;
  leaky.scan.rows_read = 11;
  CHECK_THROWS_AS(check_row_accounting({leaky}), Error);
}

TEST_CASE("a failing expression names the step, and a small budget ends in one error without a leak") {
  Rows rows;
  for (std::int64_t i = 0; i < 5000; ++i) rows.emplace_back(i, i - 2500);
  Sources sources(rows, {}, 100);
  NodePtr root = make_with_columns(left_scan(), {{"q", parse_expr("1 / v")}}, "ratio");
  RunContext context;
  context.thread_count = 2;
  Executor executor({root}, sources.readers, context);
  CHECK_THROWS_WITH_AS(executor.collect(root), doctest::Contains("while running ratio"), Error);

  NodePtr grouped = make_aggregate(left_scan(), {"v"}, {{"n", parse_expr("count()")}}, "by value");
  RunContext small;
  small.memory = MemoryBudget::create(32 << 10);
  {
    Executor starved({grouped}, sources.readers, small);
    CHECK_THROWS_WITH_AS(starved.collect(grouped), doctest::Contains("memory budget"), Error);
  }
  CHECK(small.memory->used_bytes() == 0);
}

TEST_CASE("a cancelled run stops") {
  Sources sources({{1, 1}}, {}, 1);
  RunContext context;
  context.cancellation->cancel();
  NodePtr root = left_scan();
  Executor executor({root}, sources.readers, context);
  CHECK_THROWS_WITH_AS(executor.collect(root), "interrupted", Error);
}

}  // namespace headrace
