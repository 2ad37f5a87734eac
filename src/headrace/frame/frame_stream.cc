// See frame_stream.h.
#include "headrace/frame/frame_stream.h"

#include <algorithm>
#include <utility>

#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

/// What may wait for its reader.
constexpr std::size_t kQueueBytes = 64 << 20;

}  // namespace

FrameStream::FrameStream(LazyFrame frame, RunOptions options, std::int64_t chunk_rows)
    : frame_(std::move(frame)),
      options_(std::move(options)),
      chunk_rows_(chunk_rows),
      schema_(std::make_shared<const Schema>(frame_.schema())),
      queue_(std::min(kQueueBytes, options_.context.memory->limit_bytes() / 8), options_.context.memory) {}

void FrameStream::run() {
  try {
    run_frame(frame_, queue_, options_);
  } catch (...) {
    queue_.abandon();  // also what failed before the first row
    throw;
  }
}

std::optional<Batch> FrameStream::next(std::chrono::milliseconds wait) {
  while (std::optional<Batch> batch = queue_.next(wait)) {
    held_rows_ += batch->row_count;
    held_.push_back(std::move(*batch));
    if (held_rows_ >= chunk_rows_) return take();
  }
  if (held_rows_ > 0 && queue_.is_at_end()) return take();
  return std::nullopt;
}

bool FrameStream::is_at_end() { return held_.empty() && queue_.is_at_end(); }

Batch FrameStream::take() {
  MemoryBudget& memory = *options_.context.memory;
  Batch rows = held_.size() == 1 ? std::move(held_[0]) : flatten(memory, concat(memory, schema_, held_));
  rows.schema = schema_;
  held_.clear();
  held_rows_ = 0;
  return rows;
}

}  // namespace headrace
