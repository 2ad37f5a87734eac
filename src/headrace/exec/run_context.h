// What every part of a run works with: threads, memory, cancellation, progress. Given down explicitly, never global.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "headrace/base/memory_budget.h"
#include "headrace/base/workers.h"
#include "headrace/column/column.h"
#include "headrace/exec/spill/spill_space.h"

namespace headrace {

/// How far a stage of a run has come.
struct Progress {
  std::string stage;  // the label of what is running: "flights (scan)", "fit", "write out/parquet"
  std::size_t splits_done = 0;
  std::size_t split_count = 0;
  std::int64_t rows = 0;
};

struct RunContext {
  std::size_t thread_count = 1;
  std::int64_t batch_rows = kBatchRowsMax;  // the most rows in a batch; smaller only in tests
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
  /// Where data goes that does not fit into `memory`.
  std::shared_ptr<SpillSpace> spill = default_spill_space();
  std::shared_ptr<Cancellation> cancellation = std::make_shared<Cancellation>();
  /// Called from worker threads now and then; must be thread-safe. May be empty.
  std::function<void(const Progress&)> on_progress;
};

}  // namespace headrace
