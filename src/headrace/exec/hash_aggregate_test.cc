// group_by against a map, with limits that make workers part their rows, and for any number of threads.
#include "headrace/exec/hash_aggregate.h"

#include <bit>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "headrace/exec/executor_fixture.h"
#include "headrace/expr/parse.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

const std::vector<AggregateLimits> kLimits = {
    AggregateLimits{},
    {.small_groups = 0, .groups = 0, .rows_per_group = 8, .parted = {.block_rows = 1}},      // all rows but a batch
    {.small_groups = 20, .groups = 40, .rows_per_group = 2, .parted = {.block_rows = 300}},  // some
    {.small_groups = 20, .groups = 1'000'000, .rows_per_group = 1, .parted = {.block_rows = 7}},
    {.small_groups = 0, .groups = 0, .parted = {.block_rows = 700, .spill_above_bytes = 0}}};  // all to disk

AggregateNode group_node(std::vector<std::string> keys, const std::vector<std::pair<std::string, std::string>>& named) {
  AggregateNode node;
  node.keys = std::move(keys);
  for (const auto& [name, text] : named) node.aggregates.push_back({name, parse_expr(text)});
  return node;
}

std::shared_ptr<const Schema> output_schema(const AggregateNode& node, const Schema& input) {
  std::vector<Field> fields;
  for (const std::string& key : node.keys) fields.push_back(input[input.index_of(key)]);
  for (const NamedExpr& named : node.aggregates) {
    fields.push_back({named.name, bind_aggregate(named.expr, input).result});
  }
  return std::make_shared<const Schema>(std::move(fields));
}

/// Feeds the batches, one a split, and returns the rows as text. Splits go to workers as a race might give them.
std::vector<std::string> grouped(const AggregateNode& node, const std::vector<Batch>& splits, const RunContext& context,
                                 const AggregateLimits& limits, std::uint64_t seed) {
  const Schema& input = *splits[0].schema;
  HashAggregate sink(node, input, output_schema(node, input), context, limits);
  sink.start(splits.size(), context.thread_count);
  std::mt19937_64 random(seed);
  for (std::size_t split = 0; split < splits.size(); ++split) {
    std::size_t worker = random() % context.thread_count;
    for (std::int64_t start = 0; start < splits[split].row_count; start += context.batch_rows) {
      std::int64_t rows = std::min(context.batch_rows, splits[split].row_count - start);
      sink.consume(splits[split].slice(start, rows), split, worker);
    }
  }
  return rows_of(sink.result());
}

struct Input {
  std::vector<Batch> splits;
  std::vector<std::string> expected;  // what count() and count_distinct(text) give, in order
};

/// Rows of a skewed key in two columns, a text of few or many values, plain or coded, and a float.
Input random_input(MemoryBudget& memory, std::uint64_t seed, std::size_t text_count) {
  std::mt19937_64 random(seed);
  auto schema = std::make_shared<const Schema>(std::vector<Field>{
      {"a", TypeKind::kInt64}, {"b", TypeKind::kString}, {"text", TypeKind::kString}, {"x", TypeKind::kFloat64}});
  Input input;
  std::vector<std::string> order;
  std::map<std::string, std::pair<std::size_t, std::set<std::string>>> groups;
  for (std::size_t split = 0; split < 7; ++split) {
    ColumnBuilder a(memory, TypeKind::kInt64);
    ColumnBuilder b(memory, TypeKind::kString);
    ColumnBuilder text(memory, TypeKind::kString);
    ColumnBuilder x(memory, TypeKind::kFloat64);
    std::size_t rows = split == 3 ? 0 : random() % 1500;
    for (std::size_t row = 0; row < rows; ++row) {
      auto number = static_cast<std::int64_t>(random() % (std::uint64_t{1} << (random() % 9)));
      random() % 30 == 0 ? a.append_null() : a.append(number * 1'000'000'007);
      random() % 30 == 0 ? b.append_null() : b.append_string(std::string(random() % 3, 'b'));
      random() % 10 == 0 ? text.append_null() : text.append_string("t" + std::to_string(random() % text_count));
      x.append(std::bit_cast<double>((random() & 0x800fffffffffffff) | (1000 + random() % 60) << 52));
    }
    Batch batch{schema, {a.finish(), b.finish(), text.finish(), x.finish()}, static_cast<std::int64_t>(rows)};
    for (std::int64_t row = 0; row < batch.row_count; ++row) {
      std::string key = format_cell(batch.columns[0], row) + " " + format_cell(batch.columns[1], row);
      if (groups.find(key) == groups.end()) order.push_back(key);
      auto& group = groups[key];
      ++group.first;
      if (!batch.columns[2].is_null(row)) group.second.insert(format_cell(batch.columns[2], row));
    }
    if (split % 2 == 1 && rows > 0) {  // the texts again, behind codes that go backwards
      auto codes = Buffer::allocate(memory, rows * sizeof(std::int32_t));
      for (std::size_t row = 0; row < rows; ++row) {
        codes->mutable_as<std::int32_t>()[row] = static_cast<std::int32_t>(rows - row) - 1;
      }
      std::vector<std::int32_t> backwards(codes->mutable_as<std::int32_t>(), codes->mutable_as<std::int32_t>() + rows);
      for (std::size_t column : {1U, 2U}) {
        auto values = std::make_shared<const Column>(gather(memory, batch.columns[column], backwards));
        batch.columns[column] = Column::dictionary(batch.row_count, codes, values);
      }
    }
    input.splits.push_back(std::move(batch));
  }
  for (const std::string& key : order) {
    input.expected.push_back(key + " " + std::to_string(groups[key].first) + " " +
                             std::to_string(groups[key].second.size()));
  }
  return input;
}

RunContext context_of(std::size_t thread_count, std::int64_t batch_rows) {
  RunContext context;
  context.thread_count = thread_count;
  context.batch_rows = batch_rows;
  return context;
}

}  // namespace

TEST_CASE("groups are those of a map, in order of first appearance, however rows are parted") {
  auto memory = MemoryBudget::create();
  AggregateNode node = group_node({"a", "b"}, {{"rows", "count()"}, {"texts", "count_distinct(text)"}});
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    Input input = random_input(*memory, seed, seed % 2 == 0 ? 40 : 3000);
    for (const AggregateLimits& limits : kLimits) {
      for (std::size_t threads : {1U, 2U, 5U}) {
        CAPTURE(seed);
        CAPTURE(threads);
        CAPTURE(limits.parted.block_rows);
        CHECK(grouped(node, input.splits, context_of(threads, 1024), limits, seed) == input.expected);
      }
    }
  }
}

TEST_CASE("aggregates have the same bits for any number of threads, batches and limits") {
  auto memory = MemoryBudget::create();
  AggregateNode node = group_node({"b"}, {{"sum", "sum(x)"},
                                          {"mean", "mean(x)"},
                                          {"variance", "variance(x)"},
                                          {"least", "min(text)"},
                                          {"greatest", "max(x)"},
                                          {"values", "count(text)"},
                                          {"squares", "sum(x * x)"}});
  AggregateNode by_both = node;
  by_both.keys = {"text", "a"};
  for (const AggregateNode& grouping : {node, by_both}) {
    Input input = random_input(*memory, 77, 300);
    std::vector<std::string> first = grouped(grouping, input.splits, context_of(1, kBatchRowsMax), {}, 0);
    for (const AggregateLimits& limits : kLimits) {
      for (std::size_t threads : {1U, 3U}) {
        CHECK(grouped(grouping, input.splits, context_of(threads, 100), limits, threads) == first);
      }
    }
  }
}

TEST_CASE("no rows give one row without keys, none with keys") {
  auto memory = MemoryBudget::create();
  Input input = random_input(*memory, 1, 5);
  std::vector<Batch> none = {input.splits[3]};
  REQUIRE(none[0].row_count == 0);
  for (const AggregateLimits& limits : kLimits) {
    AggregateNode global = group_node({}, {{"rows", "count()"}, {"sum", "sum(x)"}});
    CHECK(grouped(global, none, context_of(2, 100), limits, 0) == std::vector<std::string>{"0 null"});
    AggregateNode keyed = group_node({"a"}, {{"rows", "count()"}});
    CHECK(grouped(keyed, none, context_of(2, 100), limits, 0).empty());
  }
}

TEST_CASE("rows that do not fit the budget go to disk, and come back") {
  auto unlimited = MemoryBudget::create();
  AggregateNode node = group_node({"a", "b"}, {{"rows", "count()"}, {"texts", "count_distinct(text)"}});
  Input input = random_input(*unlimited, 9, 40);
  AggregateLimits limits{.small_groups = 0, .groups = 0, .parted = {.block_rows = 256}};
  limits.parted.spill_above_bytes = 50'000;
  RunContext context = context_of(2, 1024);
  CHECK(grouped(node, input.splits, context, limits, 0) == input.expected);
  CHECK(context.memory->used_bytes() <= 2 * SpillSpace::kStagingBytes);  // what is kept to write and read with
}

TEST_CASE("what group_by holds is charged, and given back") {
  RunContext context = context_of(2, kBatchRowsMax);
  context.memory = MemoryBudget::create(200'000);
  auto unlimited = MemoryBudget::create();
  AggregateNode node = group_node({"a", "text"}, {{"sum", "sum(x)"}});
  Input input = random_input(*unlimited, 5, 1'000'000);
  for (const AggregateLimits& limits : kLimits) {
    CHECK_THROWS_WITH_AS(grouped(node, input.splits, context, limits, 0), doctest::Contains("memory budget"), Error);
    CHECK(context.memory->used_bytes() == 0);
  }
}

}  // namespace headrace
