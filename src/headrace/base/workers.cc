// See workers.h.
#include "headrace/base/workers.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "headrace/base/error.h"

namespace headrace {

void Cancellation::check() const {
  if (cancelled()) throw Error(ErrorCode::kCancelled, "interrupted");
}

namespace {

/// Starts a thread, or returns false when the machine has no room for another: those that started then do it all.
template <typename Work>
bool starts(std::vector<std::jthread>& threads, const Work& work, std::size_t worker) {
  try {
    threads.emplace_back(work, worker);
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

}  // namespace

void run_tasks(std::size_t task_count, std::size_t worker_count, const Cancellation& cancellation,
               const std::function<void(std::size_t, std::size_t)>& task) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  std::exception_ptr first_failure;

  auto work = [&](std::size_t worker_index) {
    try {
      while (!failed.load(std::memory_order_relaxed)) {
        std::size_t task_index = next.fetch_add(1, std::memory_order_relaxed);
        if (task_index >= task_count) return;
        cancellation.check();
        task(task_index, worker_index);
      }
    } catch (...) {
      std::lock_guard lock(mutex);
      if (!first_failure) first_failure = std::current_exception();
      failed.store(true, std::memory_order_relaxed);
    }
  };

  std::size_t thread_count = std::clamp<std::size_t>(std::min(worker_count, task_count), 1, 1024);
  {
    std::vector<std::jthread> threads;
    threads.reserve(thread_count - 1);
    try {
      std::size_t worker = 1;
      while (worker < thread_count && starts(threads, work, worker)) ++worker;
    } catch (...) {
      failed.store(true, std::memory_order_relaxed);
      throw;
    }
    work(0);
  }
  if (first_failure) std::rethrow_exception(first_failure);
}

}  // namespace headrace
