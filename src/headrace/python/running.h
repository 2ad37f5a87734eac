// One piece of work as Python sees it while it runs in a thread of its own.
#pragma once

#include <mutex>
#include <string>

#include "headrace/python/module.h"

namespace headrace {

/// It can be cancelled and asked how far it is, from any thread. Used for one piece of work.
class Work {
 public:
  /// Throws Error(kInvalidArgument) when `memory` is no size; empty: no limit. 0 threads: one a processor.
  Work(std::size_t threads, const std::string& memory);
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  /// Valid as long as this lives. `state_path` as in RunOptions.
  RunOptions run_options(const std::string& state_path = {}) const;
  void cancel() { options_.context.cancellation->cancel(); }
  Progress progress() const;

 private:
  RunOptions options_;
  mutable std::mutex mutex_;
  Progress progress_;
};

}  // namespace headrace
