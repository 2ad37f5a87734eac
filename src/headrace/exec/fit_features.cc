// See fit_features.h. A stage is one pass over the rows, or several when statistics ask for further rounds; in a round
// every worker has accumulators of its own, merged at the end. What comes in dictionary layout is counted by code, and
// added by value when all rows have passed.
#include "headrace/exec/fit_features.h"

#include <algorithm>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/exec/code_counts.h"
#include "headrace/expr/dictionary_cache.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

/// One statistic of a stage with its input expressions bound to the rows' schema.
struct BoundTask {
  FitTask task;
  std::vector<BoundExprPtr> inputs;
  std::unique_ptr<Accumulator> merged;
};

/// Adds all rows to the accumulators of `tasks`.
void run_round(std::vector<BoundTask*>& tasks, const Spool& rows, DictionaryCache& dictionaries,
               const RunContext& context, std::size_t round) {
  std::size_t worker_count = std::max<std::size_t>(1, std::min(context.thread_count, rows.batch_count()));
  std::vector<std::vector<std::unique_ptr<Accumulator>>> accumulators(worker_count);
  std::vector<CodeCounts> counts;
  for (std::size_t worker = 0; worker < worker_count; ++worker) counts.emplace_back(*context.memory);
  // Accumulators charge the budget themselves.
  for (auto& own : accumulators) {
    for (BoundTask* task : tasks) own.push_back(task->merged->fork());
  }
  run_tasks(rows.batch_count(), worker_count, *context.cancellation, [&](std::size_t batch_index, std::size_t worker) {
    Batch batch = rows.read(batch_index);
    EvalContext eval{*context.memory, &dictionaries};
    std::vector<Column> single_inputs(tasks.size());
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      const std::vector<BoundExprPtr>& exprs = tasks[i]->inputs;
      if (exprs.size() == 1) single_inputs[i] = evaluate_coded(*exprs.front(), batch, eval);
      if (single_inputs[i].is_dictionary()) continue;
      std::vector<Column> inputs;
      if (exprs.size() == 1) {
        inputs.push_back(single_inputs[i]);
      } else {
        for (const BoundExprPtr& expr : exprs) inputs.push_back(evaluate(*expr, batch, eval));
      }
      accumulators[worker][i]->update(inputs);
    }
    counts[worker].add(single_inputs);
    if (context.on_progress) {
      context.on_progress({fmt::format("fit (round {})", round), batch_index + 1, rows.batch_count(), 0});
    }
  });
  for (auto& own : accumulators) {
    for (std::size_t i = 0; i < tasks.size(); ++i) tasks[i]->merged->merge(*own[i]);
  }
  for (std::size_t worker = 1; worker < worker_count; ++worker) counts[0].merge(counts[worker]);
  run_tasks(tasks.size(), context.thread_count, *context.cancellation, [&](std::size_t i, std::size_t) {
    counts[0].for_each(i, [&](const Column& dictionary, std::span<const std::int64_t> times) {
      Column values = flatten(*context.memory, dictionary);
      tasks[i]->merged->update_counted({&values, 1}, times);
    });
  });
}

}  // namespace

void fit_features(FeatureSet& features, const Spool& rows, const RunContext& context) {
  std::size_t round = 0;
  for (std::vector<FitTask> stage = features.next_stage(); !stage.empty(); stage = features.next_stage()) {
    std::vector<BoundTask> tasks;
    for (FitTask& task : stage) {
      BoundTask bound{task, {}, task.transform->make_accumulator(*context.memory)};
      for (const Expr& input : task.inputs) bound.inputs.push_back(bind(input, *rows.schema()));
      tasks.push_back(std::move(bound));
    }
    DictionaryCache dictionaries;
    std::vector<BoundTask*> unfinished;
    for (BoundTask& task : tasks) unfinished.push_back(&task);
    while (!unfinished.empty()) {
      run_round(unfinished, rows, dictionaries, context, ++round);
      std::erase_if(unfinished, [](BoundTask* task) { return !task->merged->finish_round(); });
    }
    for (BoundTask& task : tasks) features.finish_task(task.task, *task.merged);
  }
}

}  // namespace headrace
