// sort, limit, concat and explode against plain code over vectors; what a limit reads; the memory budget.
#include <algorithm>
#include <array>
#include <random>

#include <doctest/doctest.h>

#include "headrace/base/error.h"
#include "headrace/exec/executor_fixture.h"
#include "headrace/expr/parse.h"

namespace headrace {
namespace {

const Schema kSchema({{"k", TypeKind::kInt64}, {"n", TypeKind::kInt64}});

using Rows = std::vector<std::pair<std::int64_t, std::int64_t>>;

/// Keys 0 … key_count - 1 and nulls, which are the least number here as null is the least value there; then numbers.
Rows random_rows(std::size_t count, std::uint64_t key_count, std::mt19937_64& random) {
  Rows rows;
  for (std::size_t i = 0; i < count; ++i) {
    auto key = static_cast<std::int64_t>(random() % (key_count + 1));
    rows.emplace_back(key == 0 ? kNullCell : key, static_cast<std::int64_t>(i));
  }
  return rows;
}

struct Source : IntSource {
  Source(const Rows& rows, std::size_t split_rows)
      : IntSource(kSchema, rows, split_rows, [](const auto& row) { return std::array{row.first, row.second}; }) {}
};

std::vector<std::string> texts_of(const Rows& rows) {
  std::vector<std::string> texts;
  for (const auto& [key, number] : rows) {
    texts.push_back((key == kNullCell ? "null" : std::to_string(key)) + " " + std::to_string(number));
  }
  return texts;
}

NodePtr scan() { return make_scan("t", kSchema, "t"); }
NodePtr even(NodePtr input) { return make_filter(std::move(input), parse_expr("n % 2 = 0"), "even"); }

Rows even_rows(Rows rows) {
  std::erase_if(rows, [](const auto& row) { return row.second % 2 != 0; });
  return rows;
}

/// Runs the plan in all ways, each of which must give `expected`, and what operators count must not depend on threads.
/// Returns the reports of the last one.
std::vector<OperatorReport> check_rows(const NodePtr& root, const Source& source, const Rows& expected) {
  std::vector<OperatorReport> reports;
  for (std::int64_t batch_rows : {std::int64_t{1}, std::int64_t{7}, kBatchRowsMax}) {
    reports.clear();
    for (std::size_t threads : {1, 2, 4}) {
      RunContext context;
      context.thread_count = threads;
      context.batch_rows = batch_rows;
      Executor executor({root}, source.readers, context);
      CHECK(rows_of(executor.collect(root)) == texts_of(expected));
      std::vector<OperatorReport> found = executor.reports();
      CHECK_NOTHROW(check_row_accounting(found));
      for (std::size_t i = 0; i < reports.size(); ++i) CHECK(found[i].rows_out == reports[i].rows_out);
      reports = std::move(found);
    }
  }
  return reports;
}

/// Takes rows of one thread, which come in order.
class TextSink : public Sink {
 public:
  void start(std::size_t, std::size_t) override {}
  void consume(Batch batch, std::size_t, std::size_t) override {
    for (const std::string& text : rows_of({batch.schema, {batch}})) texts.push_back(text);
  }
  std::vector<std::string> texts;
};

}  // namespace

TEST_CASE("sort gives what a stable sort does, up and down") {
  std::mt19937_64 random(3);
  for (std::size_t count : {0, 1, 2, 500}) {
    Rows rows = random_rows(count, 20, random);
    Source source(rows, 13);
    for (bool descending : {false, true}) {
      Rows expected = rows;
      std::ranges::stable_sort(
          expected, [&](const auto& a, const auto& b) { return descending ? a.first > b.first : a.first < b.first; });
      check_rows(make_sort(scan(), {{"k", descending}}, "sort k"), source, expected);
    }
  }
}

TEST_CASE("a sort in little memory gives what one in memory does") {
  std::mt19937_64 random(4);
  Rows rows = random_rows(200'000, 1000, random);
  Source source(rows, 5000);
  NodePtr root = make_sort(scan(), {{"k", true}}, "sort k");
  Rows expected = rows;
  std::ranges::stable_sort(expected, [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t limit : {std::size_t{4} << 20, std::size_t{64} << 20}) {
    RunContext context;
    context.memory = MemoryBudget::create(limit);
    Executor executor({root}, source.readers, context);
    TextSink sink;
    executor.run(root, sink);
    CHECK(sink.texts == texts_of(expected));
    CHECK(context.memory->peak_bytes() <= limit);
    CHECK((context.spill->bytes_written() > 0) == (limit == std::size_t{4} << 20));
  }
}

TEST_CASE("limit gives the rows in the middle, behind any operators") {
  std::mt19937_64 random(5);
  Rows rows = random_rows(300, 20, random);
  Source source(rows, 13);
  for (std::int64_t offset : {0, 1, 13, 149, 400}) {
    for (std::int64_t count : {0, 1, 14, 1000}) {
      Rows expected = even_rows(rows);
      expected.erase(expected.begin(), expected.begin() + std::min<std::int64_t>(offset, std::ssize(expected)));
      if (std::ssize(expected) > count) expected.resize(static_cast<std::size_t>(count));
      check_rows(make_limit(even(scan()), count, offset, "limit"), source, expected);
    }
  }
}

TEST_CASE("what a limit reads does not depend on threads, and is not much more than it needs") {
  std::mt19937_64 random(6);
  Rows rows = random_rows(10'000, 20, random);
  Source source(rows, 100);
  Rows expected = rows;
  expected.resize(250);
  std::vector<OperatorReport> reports = check_rows(make_limit(scan(), 250, 0, "limit"), source, expected);
  // The first split, then two: they have 300 rows.
  CHECK(reports[0].rows_out == 300);
}

TEST_CASE("concat gives the rows of its inputs in turn, each behind its own operators") {
  std::mt19937_64 random(7);
  Rows rows = random_rows(100, 20, random);
  Source source(rows, 13);
  NodePtr shared = scan();
  NodePtr sorted = make_sort(shared, {{"k", false}}, "sort k");
  NodePtr joined = make_join({even(shared), make_limit(shared, 10, 0, "limit"), JoinKind::kSemi, {"n"}, {"n"}}, "join");
  Rows expected = rows;
  std::ranges::stable_sort(expected, [](const auto& a, const auto& b) { return a.first < b.first; });
  Rows few = rows;
  few.resize(10);
  for (const auto& row : even_rows(few)) expected.push_back(row);
  for (const auto& row : even_rows(rows)) expected.push_back(row);
  NodePtr all = make_concat({sorted, joined, even(shared)}, false, "concat");
  check_rows(all, source, expected);
  Rows limited(expected.begin() + 95, expected.begin() + 115);
  check_rows(make_limit(all, 20, 95, "limit"), source, limited);
  check_rows(make_limit(make_concat({even(shared), all}, false, "concat"), 3, 0, "limit"), source,
             {even_rows(rows)[0], even_rows(rows)[1], even_rows(rows)[2]});
}

TEST_CASE("explode of long lists comes in batches of the usual size") {
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
  Schema schema({{"k", TypeKind::kInt64}, {"v", Type::list(TypeKind::kInt64)}});
  ColumnBuilder lists(*memory, Type::list(TypeKind::kInt64));
  constexpr std::int64_t kLength = 50'000;
  for (std::int64_t row = 0; row < 3; ++row) {
    for (std::int64_t i = 0; i < kLength; ++i) lists.child(0).append<std::int64_t>(row * kLength + i);
    lists.append_list_end();
  }
  Batch batch{std::make_shared<const Schema>(schema), {int_column(*memory, {7, 8, 9}), lists.finish()}, 3};
  MemoryReader reader(schema, {batch});
  NodePtr root = make_explode(make_scan("t", schema, "t"), {"v"}, true, "explode v");
  RunContext context;
  std::map<std::string, const SourceReader*> readers = {{"t", &reader}};
  Executor executor({root}, readers, context);
  Table table = executor.collect(root);
  CHECK(table.row_count() == 3 * kLength);
  std::int64_t next = 0;
  bool is_right = true;
  for (const Batch& rows : table.batches) {
    CHECK(rows.row_count <= kBatchRowsMax);
    for (std::int64_t row = 0; row < rows.row_count; ++row, ++next) {
      auto at = static_cast<std::size_t>(row);
      is_right = is_right && rows.columns[0].values<std::int64_t>()[at] == 7 + next / kLength &&
                 rows.columns[1].values<std::int64_t>()[at] == next;
    }
  }
  CHECK(is_right);
}

}  // namespace headrace
