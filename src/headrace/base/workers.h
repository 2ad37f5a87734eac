// Threads for a bounded piece of work: run tasks 0 … n-1 on a fixed number of workers.
//
// The first exception of any task cancels the rest and is thrown again in the caller's thread. Tasks are handed out in
// order, one at a time; a task learns its worker's index, so that state can be kept per worker without locks.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

namespace headrace {

/// A flag that asks running work to stop. Set by a signal handler or by a failing worker; read between batches.
class Cancellation {
 public:
  void cancel() noexcept { cancelled_.store(true, std::memory_order_relaxed); }
  bool cancelled() const noexcept { return cancelled_.load(std::memory_order_relaxed); }
  /// Throws Error(kCancelled) once cancelled.
  void check() const;

 private:
  std::atomic<bool> cancelled_{false};
};

/// Calls `task(task_index, worker_index)` for each task_index in [0, task_count), on up to `worker_count` threads (the
/// caller's is one of them). Tasks start in order of their index. When a task throws, no further task starts, and the
/// first exception is thrown here after all workers have stopped. Checks `cancellation` before each task.
void run_tasks(std::size_t task_count, std::size_t worker_count, const Cancellation& cancellation,
               const std::function<void(std::size_t task_index, std::size_t worker_index)>& task);

}  // namespace headrace
