// One stage of a run: source → operators → sink, over all splits, on all workers.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "headrace/exec/operator.h"
#include "headrace/exec/run_context.h"

namespace headrace {

/// Rows cut into splits that workers read independently.
struct StageSource {
  std::string label;
  std::size_t split_count = 0;
  /// Calls `push` for each batch of a split, in order.
  std::function<void(std::size_t split_index, const std::function<void(const Batch&)>& push)> read;
  /// Where `read` can end early: what it asks, if that has been set, whether a split has given enough.
  std::shared_ptr<std::function<bool(std::size_t split_index)>> has_enough = nullptr;
};

/// The same rows in at most `split_count_max` splits, each of several of the source's in a row.
StageSource with_fewer_splits(StageSource source, std::size_t split_count_max);

/// What one operator of a stage did, summed over workers.
struct StageCounts {
  std::int64_t rows_in = 0;
  std::int64_t rows_out = 0;
  std::int64_t bytes_out = 0;
  double seconds = 0;
};

struct StageOperator {
  std::string label;  // for messages
  MakeOperator make;
  StageCounts* counts;
};

/// The rows of `source` behind `operators`, as a source. `source_counts` gets what run_stage() would give it.
StageSource with_operators(StageSource source, std::vector<StageOperator> operators, StageCounts& source_counts,
                           const RunContext& context);

/// The splits of all sources, one source after another.
StageSource one_after_another(std::string label, std::vector<StageSource> sources);

/// Runs all splits of `source` through `operators` into `sink`. `source_counts` gets rows_out and seconds of the
/// source, `sink_seconds` (may be null) the time of the sink. Errors name the operator they left.
void run_stage(const StageSource& source, const std::vector<StageOperator>& operators, Sink& sink,
               StageCounts& source_counts, double* sink_seconds, const RunContext& context);

}  // namespace headrace
