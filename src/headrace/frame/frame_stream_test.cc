// Rows of a frame while it runs: in order, with few waiting, and an end whatever happens.
#include "headrace/frame/frame_stream.h"

#include <functional>

#include <doctest/doctest.h>

#include "headrace/base/error.h"
#include "headrace/base/workers.h"
#include "headrace/column/column_builder.h"
#include "headrace/plan/pipeline_file.h"

namespace headrace {
namespace {

Batch numbers(std::int64_t first, std::int64_t count, MemoryBudget& memory) {
  ColumnBuilder builder(memory, TypeKind::kInt64);
  for (std::int64_t i = 0; i < count; ++i) builder.append(first + i);
  return {std::make_shared<const Schema>(Schema({{"n", TypeKind::kInt64, false}})), {builder.finish()}, count};
}

LazyFrame frame_of(std::int64_t count) {
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
  Batch rows = numbers(0, count, *memory);
  return LazyFrame::of_rows("numbers", memory_source(rows.schema, {rows}, memory));
}

RunOptions with_threads(std::size_t count) {
  RunOptions options;
  options.context.thread_count = count;
  return options;
}

/// Runs the stream in one thread and calls take(has_ended) in another. Returns what the run threw.
std::optional<ErrorCode> run_and_take(FrameStream& stream, const std::function<void(const Cancellation&)>& take) {
  std::optional<ErrorCode> code;
  Cancellation cancellation, has_ended;
  run_tasks(2, 2, cancellation, [&](std::size_t task, std::size_t) {
    if (task == 1) return take(has_ended);
    try {
      stream.run();
    } catch (const Error& error) {
      code = error.code();
    }
    has_ended.cancel();
  });
  return code;
}

}  // namespace

TEST_CASE("chunks come in order and have all rows, for any threads") {
  for (std::size_t threads : {1, 2, 4}) {
    for (std::int64_t chunk_rows : {std::int64_t{1}, std::int64_t{100'000}, std::int64_t{5'000'000}}) {
      FrameStream stream(frame_of(1'000'003).with_step(parse_step("{filter: n % 3 <> 1}")), with_threads(threads),
                         chunk_rows);
      std::int64_t next = 0, rows = 0;
      bool is_right = true, is_large = true;
      std::optional<ErrorCode> code = run_and_take(stream, [&](const Cancellation&) {
        while (!stream.is_at_end()) {
          std::optional<Batch> chunk = stream.next(std::chrono::milliseconds(20));
          if (!chunk) continue;
          is_large = is_large && (chunk->row_count >= chunk_rows || stream.is_at_end());
          rows += chunk->row_count;
          for (std::int64_t value : chunk->columns[0].values<std::int64_t>()) {
            is_right = is_right && value == next;
            next += next % 3 == 0 ? 2 : 1;
          }
        }
      });
      CHECK_FALSE(code.has_value());
      CHECK(is_right);
      CHECK(is_large);
      CHECK(rows == 666'669);
    }
  }
}

TEST_CASE("who takes no rows holds the run up, and who leaves ends it") {
  RunOptions options = with_threads(2);
  options.context.memory = MemoryBudget::create(std::size_t{8} << 20);  // of which an eighth may wait
  FrameStream stream(frame_of(4'000'000), options, 1);                  // 32 MB
  int chunks = 0;
  bool was_held_up = false;
  std::optional<ErrorCode> code = run_and_take(stream, [&](const Cancellation& has_ended) {
    while (chunks < 10 && stream.next(std::chrono::seconds(10))) ++chunks;
    stream.next(std::chrono::milliseconds(50));
    was_held_up = !has_ended.cancelled();
    stream.abandon();
  });
  CHECK(chunks == 10);
  CHECK(was_held_up);
  CHECK(code == ErrorCode::kCancelled);
}

TEST_CASE("a run that fails ends the stream with its own error") {
  FrameStream stream(frame_of(1'000'000).with_step(parse_step("{with_columns: {x: 1 / (n - 900000)}}")),
                     with_threads(2), 1);
  std::optional<ErrorCode> code = run_and_take(stream, [&](const Cancellation& has_ended) {
    while (!has_ended.cancelled()) stream.next(std::chrono::milliseconds(5));
  });
  CHECK(code == ErrorCode::kBadData);
}

TEST_CASE("a frame without rows is at its end once it has run") {
  FrameStream stream(frame_of(0), with_threads(1), 1);
  stream.run();
  CHECK(stream.is_at_end());
  CHECK_FALSE(stream.next(std::chrono::milliseconds(0)).has_value());
}

}  // namespace headrace
