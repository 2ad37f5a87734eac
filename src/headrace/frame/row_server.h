// Features of single rows, for serving: compiled once, with no run of the engine for a row.
#pragma once

#include <memory>

#include "headrace/exec/encode_rows.h"
#include "headrace/feature/fitted_state.h"
#include "headrace/plan/pipeline.h"

namespace headrace {

/// Gives the bits that a run with the same state writes for the row. Thread-safe.
class RowServer {
 public:
  /// For the features of `pipeline` over rows of `table`. Throws as encode_frame() does.
  RowServer(const Pipeline& pipeline, const Schema& table, const FittedState& state);

  /// The columns that features read.
  const std::shared_ptr<const Schema>& input() const { return input_; }
  const std::shared_ptr<const Schema>& output() const { return columns_.schema; }
  /// The output for rows of the input. Throws Error(kBadData) on a value that makes a feature fail.
  Batch encode(const Batch& rows) const;

 private:
  std::shared_ptr<MemoryBudget> memory_ = MemoryBudget::create();
  std::shared_ptr<const Schema> input_;
  EncodedColumns columns_;
};

}  // namespace headrace
