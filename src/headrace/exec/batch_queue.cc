// See batch_queue.h.
#include "headrace/exec/batch_queue.h"

#include <utility>

#include "headrace/base/error.h"
#include "headrace/kernel/gather.h"

namespace headrace {

void BatchQueue::start(std::size_t split_count, std::size_t) {
  std::lock_guard lock(mutex_);
  started_ = true;
  split_count_ = split_count;
  has_rows_.notify_all();
}

bool BatchQueue::may_add(std::size_t split) const {
  if (abandoned_ || held_bytes_ < bytes_max_) return true;
  auto rows = by_split_.find(split);
  return split == current_ && (rows == by_split_.end() || rows->second.empty());
}

void BatchQueue::consume(Batch batch, std::size_t split_index, std::size_t) {
  batch = flatten(*memory_, batch);
  std::unique_lock lock(mutex_);
  has_room_.wait(lock, [&] { return may_add(split_index); });
  if (abandoned_) throw Error(ErrorCode::kCancelled, "nobody takes the rows any more");
  held_bytes_ += batch.data_bytes();
  by_split_[split_index].push_back(std::move(batch));
  has_rows_.notify_all();
}

void BatchQueue::finish_split(std::size_t split_index) {
  std::lock_guard lock(mutex_);
  finished_.insert(split_index);
  skip_finished();
  has_rows_.notify_all();
}

void BatchQueue::abandon() noexcept {
  std::lock_guard lock(mutex_);
  abandoned_ = true;
  by_split_.clear();
  has_room_.notify_all();
  has_rows_.notify_all();
}

/// Goes on to the next split as long as the current one has nothing more.
void BatchQueue::skip_finished() {
  for (; finished_.contains(current_); ++current_) {
    auto rows = by_split_.find(current_);
    if (rows != by_split_.end() && !rows->second.empty()) return;
    if (rows != by_split_.end()) by_split_.erase(rows);
    finished_.erase(current_);
    has_room_.notify_all();  // the worker of the next one need not wait
  }
}

std::optional<Batch> BatchQueue::next(std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  auto has_next = [&] {
    auto rows = by_split_.find(current_);
    return rows != by_split_.end() && !rows->second.empty();
  };
  has_rows_.wait_for(lock, wait, [&] { return abandoned_ || is_done() || has_next(); });
  if (!has_next()) return std::nullopt;
  std::deque<Batch>& rows = by_split_.at(current_);
  Batch batch = std::move(rows.front());
  rows.pop_front();
  held_bytes_ -= batch.data_bytes();
  skip_finished();
  has_room_.notify_all();
  return batch;
}

bool BatchQueue::is_at_end() {
  std::lock_guard lock(mutex_);
  return is_done();
}

}  // namespace headrace
