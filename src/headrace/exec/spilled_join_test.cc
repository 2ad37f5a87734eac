// A join whose right rows do not fit gives the rows of one in memory, in the same order, or one clear error.
#include "headrace/exec/spilled_join.h"

#include <atomic>
#include <numeric>
#include <random>
#include <regex>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "headrace/base/error.h"
#include "headrace/exec/executor_fixture.h"
#include "headrace/exec/row_partitions.h"
#include "headrace/expr/parse.h"
#include "headrace/io/fs/faulty_scratch_space.h"

namespace headrace {
namespace {

constexpr std::size_t kLimitBytes = 16 << 20;

std::vector<std::int64_t> spread_numbers() {
  std::vector<std::int64_t> numbers;
  for (std::int64_t i = 0; i < 20'000; ++i) numbers.push_back(i * 1'000'003);
  return numbers;
}

/// Numbers which, as keys, all come to one partition.
std::vector<std::int64_t> numbers_of_one_partition(std::size_t count) {
  auto memory = MemoryBudget::create();
  std::vector<std::int64_t> numbers;
  std::vector<std::uint8_t> partitions;
  for (std::int64_t start = 0; numbers.size() < count; start += 10'000) {
    std::vector<std::int64_t> candidates(10'000);
    std::iota(candidates.begin(), candidates.end(), start);
    partition_of_keys({{int_column(*memory, candidates)}}, candidates.size(), partitions);
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (partitions[i] == 5 && numbers.size() < count) numbers.push_back(candidates[i]);
    }
  }
  return numbers;
}

/// A table with keys `number` and `text`, with nulls, the number of the row, and a column of each awkward layout.
struct Input {
  Input(const std::string& prefix, std::size_t row_count, std::uint64_t key_count, std::uint64_t seed,
        const std::vector<std::int64_t>& number_of_key) {
    std::mt19937_64 random(seed);
    std::vector<Field> fields;
    for (const char* name : {"number", "text", "row", "word"}) {
      bool is_number = fields.size() % 2 == 0;
      fields.push_back({prefix + name, is_number ? TypeKind::kInt64 : TypeKind::kString});
    }
    schema = Schema(fields);
    auto shared = std::make_shared<const Schema>(schema);
    constexpr std::size_t kSplitRows = 700;
    std::int64_t next = 0;
    for (std::size_t start = 0; start < row_count; start += kSplitRows) {
      std::size_t count = std::min(kSplitRows, row_count - start);
      ColumnBuilder numbers(*memory, TypeKind::kInt64), texts(*memory, TypeKind::kString);
      ColumnBuilder rows(*memory, TypeKind::kInt64), words(*memory, TypeKind::kString);
      for (std::size_t i = 0; i < count; ++i) {
        std::uint64_t key = random() % key_count;
        key % 50 == 49 ? numbers.append_null() : numbers.append(number_of_key[key % number_of_key.size()]);
        key % 70 == 69 ? texts.append_null() : texts.append_string("key " + std::to_string(key));
        rows.append(next);
        next % 7 == 0 ? words.append_null() : words.append_string(std::string(static_cast<std::size_t>(next % 9), 'w'));
        ++next;
      }
      batches.push_back({shared,
                         {numbers.finish(), texts.finish(), rows.finish(), words.finish()},
                         static_cast<std::int64_t>(count)});
    }
    reader = std::make_unique<MemoryReader>(schema, batches);
  }

  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
  Schema schema;
  std::vector<Batch> batches;
  std::unique_ptr<MemoryReader> reader;
};

/// The tables of a plan.
struct Inputs {
  Inputs(std::size_t left_rows, std::size_t right_rows, std::uint64_t key_count, std::uint64_t seed,
         const std::vector<std::int64_t>& number_of_key = spread_numbers())
      : left("", left_rows, key_count, seed, number_of_key),
        right("r_", right_rows, key_count, seed + 1, number_of_key) {}
  std::map<std::string, const SourceReader*> readers() const {
    return {{"left", left.reader.get()}, {"right", right.reader.get()}};
  }
  NodePtr left_scan() const { return make_scan("left", left.schema, "left"); }
  NodePtr right_scan() const { return make_scan("right", right.schema, "right"); }
  Input left;
  Input right;
};

NodePtr join_node(NodePtr left, NodePtr right, JoinKind how, std::vector<std::string> keys, std::string suffix = "_2") {
  JoinNode join;
  join.left = std::move(left);
  join.right = std::move(right);
  join.how = how;
  join.left_on = keys;
  for (std::string& key : keys) key = "r_" + key;
  join.right_on = std::move(keys);
  join.suffix = std::move(suffix);
  return make_join(join, "join the right");
}

NodePtr counted_by_row(NodePtr joined) {
  return make_aggregate(std::move(joined), {"row"},
                        {{"n", parse_expr("count()")},
                         {"sum", parse_expr("sum(r_row)")},
                         {"words", parse_expr("count_distinct(r_word)")}},
                        "counted by row");
}

/// Refuses the n-th request, once.
class RefusingBudget : public MemoryBudget {
 public:
  explicit RefusingBudget(std::int64_t refused) : MemoryBudget(kLimitBytes), refused_(refused) {}
  bool try_reserve(std::size_t bytes) override {
    if (++request_count_ == refused_) return false;
    return MemoryBudget::try_reserve(bytes);
  }
  std::int64_t request_count() const { return request_count_; }

 private:
  std::int64_t refused_;
  std::atomic<std::int64_t> request_count_{0};
};

struct Outcome {
  std::vector<std::string> rows;
  std::vector<JoinCounts> joins;
  std::int64_t spilled_bytes = 0;
};

/// A run in a budget half of which is in use, so that hardly any table fits.
Outcome run(const NodePtr& root, const Inputs& inputs, std::size_t thread_count,
            const std::shared_ptr<MemoryBudget>& memory, Fault fault = {}) {
  std::size_t limit_bytes = memory->limit_bytes();
  auto scratch = std::make_shared<FaultyScratchSpace>(fault);
  RunContext context;
  context.thread_count = thread_count;
  context.batch_rows = thread_count == 2 ? 100 : kBatchRowsMax;
  context.memory = memory;
  context.spill = std::make_shared<SpillSpace>(scratch);
  bool is_limited = limit_bytes != MemoryBudget::kUnlimited;
  Reservation held(*context.memory, is_limited ? limit_bytes / 2 + 1 : 0, "held");
  std::size_t held_bytes = context.memory->used_bytes();
  std::map<std::string, const SourceReader*> readers = inputs.readers();
  Outcome outcome;
  auto check_clean = [&] {
    outcome.spilled_bytes = context.spill->bytes_written();
    context.spill.reset();
    CHECK(context.memory->used_bytes() == held_bytes);
    CHECK(scratch->used_bytes() == 0);
  };
  try {
    std::vector<OperatorReport> reports;
    {
      Executor executor({root}, readers, context);
      outcome.rows = rows_of(executor.collect(root));
      reports = executor.reports();
    }
    CHECK_NOTHROW(check_row_accounting(reports));
    for (const OperatorReport& report : reports) {
      if (report.kind == "join") outcome.joins.push_back(report.join);
    }
  } catch (const Error&) {
    check_clean();
    throw;
  }
  check_clean();
  return outcome;
}

Outcome run(const NodePtr& root, const Inputs& inputs, std::size_t thread_count, std::size_t limit_bytes,
            Fault fault = {}) {
  return run(root, inputs, thread_count, MemoryBudget::create(limit_bytes), fault);
}

std::vector<std::int64_t> numbers_of(const Outcome& outcome) {
  std::vector<std::int64_t> numbers;
  for (const JoinCounts& join : outcome.joins) {
    for (std::int64_t n : {join.left_matched, join.left_unmatched, join.right_matched, join.right_unmatched}) {
      numbers.push_back(n);
    }
  }
  return numbers;
}

void check_same(const NodePtr& root, const Inputs& inputs) {
  Outcome expected = run(root, inputs, 1, MemoryBudget::kUnlimited);
  CHECK(expected.spilled_bytes == 0);
  for (std::size_t threads : {1U, 2U, 5U}) {
    CAPTURE(threads);
    Outcome outcome = run(root, inputs, threads, kLimitBytes);
    CHECK(outcome.spilled_bytes > 0);
    CHECK(outcome.rows == expected.rows);
    CHECK(numbers_of(outcome) == numbers_of(expected));
  }
}

}  // namespace

TEST_CASE("every kind of join gives the same rows in the same order when its right rows are on disk") {
  Inputs inputs(5000, 9000, 4000, 1);
  for (JoinKind how : {JoinKind::kInner, JoinKind::kLeft, JoinKind::kSemi, JoinKind::kAnti}) {
    for (const std::vector<std::string>& keys : {std::vector<std::string>{"number"}, std::vector<std::string>{"text"},
                                                 std::vector<std::string>{"text", "number"}}) {
      CAPTURE(keys.size());
      check_same(join_node(inputs.left_scan(), inputs.right_scan(), how, keys), inputs);
    }
  }
}

TEST_CASE("joins on joins and on shared rows give the same rows when all of them are on disk") {
  for (std::uint64_t seed : {2U, 3U}) {
    Inputs inputs(4000, 12000, 9000, seed);
    NodePtr some = make_filter(inputs.right_scan(), parse_expr("r_row % 3 != 0"), "some");
    NodePtr counted = make_aggregate(some, {"r_text"}, {{"n", parse_expr("count()")}}, "counted");
    NodePtr first = join_node(inputs.left_scan(), some, JoinKind::kLeft, {"number"});
    NodePtr second = join_node(first, counted, JoinKind::kLeft, {"text"});
    NodePtr third = join_node(second, inputs.right_scan(), JoinKind::kInner, {"number"}, "_3");
    check_same(third, inputs);
  }
}

TEST_CASE("no left rows, no right rows, no matches") {
  Inputs inputs(3000, 12000, 4000, 4);
  for (JoinKind how : {JoinKind::kInner, JoinKind::kLeft, JoinKind::kAnti}) {
    NodePtr none = make_filter(inputs.left_scan(), parse_expr("row < 0"), "none");
    check_same(join_node(none, inputs.right_scan(), how, {"number"}), inputs);
    NodePtr others = make_with_columns(inputs.left_scan(), {{"number", parse_expr("number + 1")}}, "others");
    check_same(join_node(others, inputs.right_scan(), how, {"number"}), inputs);
  }
}

TEST_CASE("a row with very many matches does not need their memory at once") {
  // 200 keys, 60 right rows each: 9000 rows become 540 thousand.
  Inputs inputs(3000, 12000, 200, 5);
  NodePtr joined = join_node(inputs.left_scan(), inputs.right_scan(), JoinKind::kInner, {"number"});
  check_same(counted_by_row(joined), inputs);
}

TEST_CASE("a partition that is too large is joined in several passes") {
  Inputs inputs(3000, 100'000, 9000, 9, numbers_of_one_partition(9000));
  NodePtr joined = join_node(inputs.left_scan(), inputs.right_scan(), JoinKind::kLeft, {"number"});
  check_same(counted_by_row(joined), inputs);
}

TEST_CASE("a duplicate of a key that shall be unique is found on disk, too") {
  Inputs inputs(100, 12000, 4000, 6);
  JoinNode join;
  join.left = inputs.left_scan();
  join.right = inputs.right_scan();
  join.left_on = {"number"};
  join.right_on = {"r_number"};
  join.right_unique = true;
  CHECK_THROWS_WITH_AS(run(make_join(join, "join the right"), inputs, 2, kLimitBytes),
                       doctest::Contains("this join would multiply rows"), Error);
}

TEST_CASE("too many rows of one key end in an error with the join's name and the budget that would do") {
  Inputs inputs(50, 300'000, 1, 7);
  NodePtr root = join_node(inputs.left_scan(), inputs.right_scan(), JoinKind::kSemi, {"number"});
  std::string message;
  try {
    run(root, inputs, 2, kLimitBytes);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kOutOfMemory);
    message = error.what();
  }
  CHECK(message.find("have the same key") != std::string::npos);
  CHECK(message.find("join the right") != std::string::npos);
  std::smatch found;
  REQUIRE(std::regex_search(message, found, std::regex("--memory ([0-9]+)MiB")));
  CHECK(run(root, inputs, 2, std::stoul(found[1]) << 20).rows.size() == 50);
}

TEST_CASE("a failing disk under a join is one clear error at any operation") {
  Inputs inputs(2000, 9000, 4000, 8);
  NodePtr root = join_node(inputs.left_scan(), inputs.right_scan(), JoinKind::kLeft, {"number"});
  std::vector<std::string> expected = run(root, inputs, 1, MemoryBudget::kUnlimited).rows;
  for (std::int64_t n = 1;; n = n * 5 / 4 + 1) {
    try {
      Outcome outcome = run(root, inputs, 2, kLimitBytes, {n, ENOSPC, false});
      CHECK(outcome.rows == expected);
      CHECK(n > 100);
      break;
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kIo);
    }
  }
}

TEST_CASE("a join whose n-th request for memory is refused gives the same rows or one error, and gives all back") {
  Inputs inputs(1000, 9000, 4000, 10);
  NodePtr root = join_node(inputs.left_scan(), inputs.right_scan(), JoinKind::kLeft, {"number"});
  std::vector<std::string> expected = run(root, inputs, 1, MemoryBudget::kUnlimited).rows;
  int failed_count = 0, recovered_count = 0;
  for (std::int64_t n = 2;; n += 1 + n / 60) {  // the first is what is held
    auto memory = std::make_shared<RefusingBudget>(n);
    try {
      Outcome outcome = run(root, inputs, 2, memory);
      CHECK(outcome.rows == expected);
      if (memory->request_count() < n) break;
      ++recovered_count;
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kOutOfMemory);
      ++failed_count;
    }
  }
  CHECK(failed_count > 10);
  CHECK(recovered_count > 10);
}

}  // namespace headrace
