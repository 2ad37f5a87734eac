// Rows of a frame while it runs: in order, with few waiting, and an end whatever happens.
#include "headrace/frame/frame_stream.h"

#include <atomic>
#include <thread>

#include <doctest/doctest.h>

#include "headrace/base/error.h"
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

/// Runs a stream in a thread of its own; joins it at the end.
struct Running {
  explicit Running(FrameStream& stream)
      : thread([this, &stream] {
          try {
            stream.run();
          } catch (const Error& error) {
            code = error.code();
          }
          ended = true;
        }) {}
  ~Running() {
    if (thread.joinable()) thread.join();
  }

  std::optional<ErrorCode> code;
  std::atomic<bool> ended = false;
  std::thread thread;
};

}  // namespace

TEST_CASE("chunks come in order and have all rows, for any threads") {
  for (std::size_t threads : {1, 2, 4}) {
    for (std::int64_t chunk_rows : {std::int64_t{1}, std::int64_t{100'000}, std::int64_t{5'000'000}}) {
      FrameStream stream(frame_of(1'000'003).with_step(parse_step("{filter: n % 3 <> 1}")), with_threads(threads),
                         chunk_rows);
      Running running(stream);
      std::int64_t next = 0, rows = 0;
      bool is_right = true, is_large = true;
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
  Running running(stream);
  for (int i = 0; i < 10; ++i) {
    REQUIRE(stream.next(std::chrono::seconds(10)).has_value());
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK_FALSE(running.ended);
  stream.abandon();
  running.thread.join();
  CHECK(running.code == ErrorCode::kCancelled);
}

TEST_CASE("a run that fails ends the stream with its own error") {
  FrameStream stream(frame_of(1'000'000).with_step(parse_step("{with_columns: {x: 1 / (n - 900000)}}")),
                     with_threads(2), 1);
  Running running(stream);
  while (!running.ended) stream.next(std::chrono::milliseconds(5));
  running.thread.join();
  CHECK(running.code == ErrorCode::kBadData);
}

TEST_CASE("a frame without rows is at its end once it has run") {
  FrameStream stream(frame_of(0), with_threads(1), 1);
  Running running(stream);
  running.thread.join();
  CHECK(stream.is_at_end());
  CHECK_FALSE(stream.next(std::chrono::milliseconds(0)).has_value());
}

}  // namespace headrace
