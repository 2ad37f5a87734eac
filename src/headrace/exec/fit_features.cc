// See fit_features.h. A stage is one pass over the rows, or several when statistics ask for further rounds; in a round
// every worker has accumulators of its own, merged at the end.
#include "headrace/exec/fit_features.h"

#include <algorithm>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/expr/evaluate.h"

namespace headrace {
namespace {

/// One statistic of a stage with its input expressions bound to the rows' schema.
struct BoundTask {
  FitTask task;
  std::vector<BoundExprPtr> inputs;
  std::unique_ptr<Accumulator> merged;
};

/// Adds all rows to the accumulators of `tasks`.
void run_round(std::vector<BoundTask*>& tasks, const Table& rows, const RunContext& context, std::size_t round) {
  std::size_t worker_count = std::max<std::size_t>(1, std::min(context.thread_count, rows.batches.size()));
  std::vector<std::vector<std::unique_ptr<Accumulator>>> accumulators(worker_count);
  // Accumulators charge the budget themselves.
  for (auto& own : accumulators) {
    for (BoundTask* task : tasks) own.push_back(task->merged->fork());
  }
  run_tasks(rows.batches.size(), worker_count, *context.cancellation, [&](std::size_t batch_index, std::size_t worker) {
    const Batch& batch = rows.batches[batch_index];
    EvalContext eval{*context.memory};
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      std::vector<Column> inputs;
      for (const BoundExprPtr& input : tasks[i]->inputs) inputs.push_back(evaluate(*input, batch, eval));
      accumulators[worker][i]->update(inputs);
    }
    if (context.on_progress) {
      context.on_progress({fmt::format("fit (round {})", round), batch_index + 1, rows.batches.size(), 0});
    }
  });
  for (auto& own : accumulators) {
    for (std::size_t i = 0; i < tasks.size(); ++i) tasks[i]->merged->merge(*own[i]);
  }
}

}  // namespace

void fit_features(FeatureSet& features, const Table& rows, const RunContext& context) {
  std::size_t round = 0;
  for (std::vector<FitTask> stage = features.next_stage(); !stage.empty(); stage = features.next_stage()) {
    std::vector<BoundTask> tasks;
    for (FitTask& task : stage) {
      BoundTask bound{task, {}, task.transform->make_accumulator(*context.memory)};
      for (const Expr& input : task.inputs) bound.inputs.push_back(bind(input, *rows.schema));
      tasks.push_back(std::move(bound));
    }
    std::vector<BoundTask*> unfinished;
    for (BoundTask& task : tasks) unfinished.push_back(&task);
    while (!unfinished.empty()) {
      run_round(unfinished, rows, context, ++round);
      std::erase_if(unfinished, [](BoundTask* task) { return !task->merged->finish_round(); });
    }
    for (BoundTask& task : tasks) features.finish_task(task.task, *task.merged);
  }
}

}  // namespace headrace
