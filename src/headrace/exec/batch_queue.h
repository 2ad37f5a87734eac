// Rows on their way from a run to who takes them batch by batch, in order, while it goes on.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "headrace/exec/operator.h"

namespace headrace {

/// The sink of a run that another thread reads. Holds about `bytes_max` bytes of rows: workers that are ahead wait
/// until there is room. The one whose rows are next never waits for the others.
class BatchQueue : public Sink {
 public:
  BatchQueue(std::size_t bytes_max, std::shared_ptr<MemoryBudget> memory)
      : bytes_max_(bytes_max), memory_(std::move(memory)) {}

  void start(std::size_t split_count, std::size_t worker_count) override;
  /// Throws Error(kCancelled) once abandoned.
  void consume(Batch batch, std::size_t split_index, std::size_t worker_index) override;
  void finish_split(std::size_t split_index) override;
  /// Nobody takes rows any more, or none will come: lets go of all that wait.
  void abandon() noexcept override;

  /// The next rows, in plain layout; nothing when none came within `wait`, or when there are no more.
  std::optional<Batch> next(std::chrono::milliseconds wait);
  /// Whether all rows have been taken.
  bool is_at_end();

 private:
  bool may_add(std::size_t split) const;
  bool is_done() const { return started_ && current_ >= split_count_; }
  void skip_finished();

  std::size_t bytes_max_;
  std::shared_ptr<MemoryBudget> memory_;
  std::mutex mutex_;  // of what follows
  std::condition_variable has_room_;
  std::condition_variable has_rows_;
  bool started_ = false;
  bool abandoned_ = false;
  std::size_t split_count_ = 0;
  std::size_t current_ = 0;  // the split whose rows are next
  std::map<std::size_t, std::deque<Batch>> by_split_;
  std::set<std::size_t> finished_;  // splits from current_ on that are complete
  std::size_t held_bytes_ = 0;
};

}  // namespace headrace
