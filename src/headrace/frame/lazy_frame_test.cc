// Frames: steps checked as they are added, pipelines made of them, rows collected.
#include "headrace/frame/lazy_frame.h"

#include <doctest/doctest.h>

#include "headrace/base/error.h"
#include "headrace/column/column_builder.h"

namespace headrace {
namespace {

/// Rows (k, v) = (i % 3, i) in batches of some size.
LazyFrame counted(std::int64_t row_count, std::int64_t batch_rows = 1000, const std::string& name = "counted") {
  auto memory = MemoryBudget::create();
  auto schema =
      std::make_shared<const Schema>(Schema({{"k", TypeKind::kInt64, false}, {"v", TypeKind::kInt64, false}}));
  std::vector<Batch> batches;
  for (std::int64_t begin = 0; begin < row_count; begin += batch_rows) {
    ColumnBuilder keys(*memory, TypeKind::kInt64), values(*memory, TypeKind::kInt64);
    std::int64_t end = std::min(begin + batch_rows, row_count);
    for (std::int64_t i = begin; i < end; ++i) {
      keys.append(i % 3);
      values.append(i);
    }
    batches.push_back({schema, {keys.finish(), values.finish()}, end - begin});
  }
  return LazyFrame::of_rows(name, memory_source(schema, std::move(batches), memory));
}

std::string text_of(const StreamedRows& rows) {
  std::string text;
  for (const Batch& batch : rows.batches) {
    for (std::int64_t row = 0; row < batch.row_count; ++row) {
      for (const Column& column : batch.columns) text += format_cell(column, row) + " ";
      text += "| ";
    }
  }
  return text;
}

RunOptions with_threads(std::size_t threads) {
  RunOptions options;
  options.context.thread_count = threads;
  return options;
}

TEST_CASE("steps are applied to rows in memory, to the same rows for any threads and batches") {
  for (std::int64_t batch_rows : {1, 7, 200'000}) {
    for (std::size_t threads : {1u, 3u}) {
      LazyFrame frame = counted(30, batch_rows)
                            .with_step(parse_step("{filter: v >= 10}"))
                            .with_step(parse_step("{group_by: {keys: k, aggregates: {n: count(), s: sum(v)}}}"));
      CHECK(frame.schema().to_string() == "k: int64 not null, n: int64 not null, s: int64");
      CHECK(text_of(collect_frame(frame, with_threads(threads))) == "1 7 133 | 2 7 140 | 0 6 117 | ");
    }
  }
}

TEST_CASE("many rows come back in few batches, in order") {
  StreamedRows rows = collect_frame(counted(2'500'000, 100'000), with_threads(2));
  CHECK(rows.batches.size() <= 3);
  std::int64_t next = 0;
  bool is_ordered = true;
  for (const Batch& batch : rows.batches) {
    for (std::int64_t value : batch.column(1).values<std::int64_t>()) is_ordered = is_ordered && value == next++;
  }
  CHECK(is_ordered);
  CHECK(next == 2'500'000);
}

TEST_CASE("a frame that is read twice is one table, and sources that share a name get two") {
  LazyFrame totals = counted(10).with_step(parse_step("{group_by: {keys: k, aggregates: {total: sum(v)}}}"));
  LazyFrame joined = counted(4, 1000)
                         .with_step(parse_step("{join: {right: right, on: k, how: left}}"), {&totals, 1})
                         .with_step(parse_step("{join: {right: right, on: k, how: left, suffix: _b}}"), {&totals, 1});
  LazyFrame::Definition definition = joined.definition("rows");
  REQUIRE(definition.pipeline.tables.size() == 2);
  CHECK(definition.pipeline.tables.back().name == "rows");
  CHECK(definition.pipeline.sources.size() == 2);
  CHECK(definition.pipeline.sources[0].name != definition.pipeline.sources[1].name);
  CHECK(definition.memory.size() == 2);
  CHECK(text_of(collect_frame(joined, with_threads(2))) == "0 0 18 18 | 1 1 12 12 | 2 2 15 15 | 0 3 18 18 | ");
}

TEST_CASE("a frame joined with itself") {
  LazyFrame frame = counted(3);
  LazyFrame joined = frame.with_step(parse_step("{join: {right: right, on: k, how: inner}}"), {&frame, 1});
  CHECK(text_of(collect_frame(joined, with_threads(1))) == "0 0 0 | 1 1 1 | 2 2 2 | ");
}

TEST_CASE("a wrong name is found where it is written, with the names there are and the steps before") {
  LazyFrame frame = counted(3).with_step(parse_step("{filter: v > 1}"));
  try {
    frame.with_step(parse_step("{with_columns: {w: vv + 1}}"));
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.message().find("vv") != std::string::npos);
    CHECK(error.hint().find("'v'") != std::string::npos);
    CHECK(std::string(error.what()).find("from counted, then filter v > 1") != std::string::npos);
  }
}

TEST_CASE("a pipeline of rows in memory cannot run without them") {
  LazyFrame::Definition definition = counted(3).definition("rows");
  CHECK_THROWS_WITH_AS(collect_table(definition.pipeline, "rows", with_threads(1)),
                       doctest::Contains("the source 'counted' is rows in memory"), Error);
}

TEST_CASE("a step and a source are read like those of a file, without places that mean nothing") {
  CHECK_THROWS_WITH_AS(parse_step("{fliter: a}"), doctest::Contains("unknown key 'fliter' in a step"), Error);
  CHECK_THROWS_WITH_AS(parse_source("{path: a.csv, on_error: skip}", "a"), doctest::Contains("'on_error' of a source"),
                       Error);
  try {
    parse_step("{filter: 'a >'}");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.message().find("line") == std::string::npos);
  }
}

TEST_CASE("sections are added to a pipeline of a frame") {
  Pipeline pipeline = counted(3).definition("rows").pipeline;
  add_sections(pipeline, R"({"features": [{"name": "v", "transforms": ["log1p"]}]})");
  REQUIRE(pipeline.features.size() == 1);
  CHECK_THROWS_WITH_AS(add_sections(pipeline, "{sources: {a: {path: a.csv}}}"), doctest::Contains("given already"),
                       Error);
  CHECK_THROWS_WITH_AS(add_sections(pipeline, "{fetures: []}"), doctest::Contains("unknown key 'fetures'"), Error);
}

}  // namespace
}  // namespace headrace
