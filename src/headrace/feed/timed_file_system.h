// A file system that tells how long its readers wait for bytes.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "headrace/io/fs/file_system.h"

namespace headrace {

/// Time that all threads together have waited.
class ReadClock {
 public:
  void add(std::chrono::nanoseconds time) { nanoseconds_.fetch_add(time.count(), std::memory_order_relaxed); }
  double seconds() const { return static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)) * 1e-9; }

 private:
  std::atomic<std::int64_t> nanoseconds_{0};
};

/// `fs` for reading; what files wait for is added to `clock`.
std::shared_ptr<FileSystem> timed_file_system(std::shared_ptr<FileSystem> fs, std::shared_ptr<ReadClock> clock);

}  // namespace headrace
