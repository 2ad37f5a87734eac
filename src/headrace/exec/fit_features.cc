// See fit_features.h. A stage is one pass over the rows, or several when statistics ask for further rounds; in a round
// every worker has accumulators of its own, merged at the end. Columns in dictionary layout are counted by code in
// the first round; what reads nothing but columns of one code is added by value, in that round and in later ones.
#include "headrace/exec/fit_features.h"

#include <algorithm>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/heap_trim.h"
#include "headrace/column/same_codes.h"
#include "headrace/exec/code_counts.h"
#include "headrace/expr/dictionary_cache.h"
#include "headrace/expr/shared_parts.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

/// One statistic of a stage with its input expressions bound to the rows' schema.
struct BoundTask {
  FitTask task;
  std::vector<BoundExprPtr> inputs;
  std::unique_ptr<Accumulator> merged;
};

using Accumulators = std::vector<std::unique_ptr<Accumulator>>;

/// Fits one set of features on one set of rows.
class Fitting {
 public:
  Fitting(FeatureSet& features, const Spool& rows, const RunContext& context)
      : features_(features), rows_(rows), context_(context), counts_(*context.memory) {}

  void run() {
    for (std::vector<FitTask> stage = features_.next_stage(); !stage.empty(); stage = features_.next_stage()) {
      std::vector<BoundTask> tasks;
      std::size_t round_bytes = round_bytes_of(stage.size());
      for (FitTask& task : stage) {
        BoundTask bound{task, {}, task.transform->make_accumulator(*context_.memory, round_bytes)};
        for (const Expr& input : task.inputs) bound.inputs.push_back(bind(input, *rows_.schema()));
        tasks.push_back(std::move(bound));
      }
      share_inputs(tasks);
      std::vector<BoundTask*> unfinished;
      for (BoundTask& task : tasks) unfinished.push_back(&task);
      DictionaryCache dictionaries;  // of the expressions of this stage
      dictionaries_ = &dictionaries;
      while (!unfinished.empty()) {
        run_round(unfinished);
        round_bytes = round_bytes_of(unfinished.size());
        std::erase_if(unfinished, [&](BoundTask* task) { return !task->merged->finish_round(round_bytes); });
      }
      for (BoundTask& task : tasks) features_.finish_task(task.task, *task.merged);
    }
  }

 private:
  std::size_t worker_count() const {
    return std::max<std::size_t>(1, std::min(context_.thread_count, rows_.batch_count()));
  }

  /// What an accumulator may take in the next round: all of them a quarter of what is free. The rest is for the batches
  /// that workers read and evaluate, and for statistics that grow with the rows.
  std::size_t round_bytes_of(std::size_t task_count) const {
    std::size_t limit_bytes = context_.memory->limit_bytes();
    std::size_t free_bytes = limit_bytes - std::min(limit_bytes, context_.memory->used_bytes());
    return free_bytes / 4 / (task_count * (worker_count() + 1));
  }

  /// Adds all rows to the accumulators of `tasks`.
  void run_round(const std::vector<BoundTask*>& tasks) {
    ++round_;
    std::vector<Accumulators> accumulators(worker_count());  // they charge the budget themselves
    std::vector<CodeCounts> counts;
    for (Accumulators& own : accumulators) {
      for (BoundTask* task : tasks) own.push_back(task->merged->fork());
      counts.emplace_back(*context_.memory);
    }
    HeapTrim trim(*context_.memory);
    run_tasks(rows_.batch_count(), worker_count(), *context_.cancellation, [&](std::size_t index, std::size_t worker) {
      trim.now_and_then();
      Batch batch = rows_.read(index);
      if (!is_counted_) counts[worker].add(batch, counted_columns(batch));
      add_rows(tasks, batch, accumulators[worker]);
      if (context_.on_progress) {
        context_.on_progress({fmt::format("fit (round {})", round_), index + 1, rows_.batch_count(), 0});
      }
    });
    for (const CodeCounts& own : counts) counts_.merge(own);
    is_counted_ = true;
    std::vector<std::size_t> order = most_counted_first(tasks);
    run_tasks(tasks.size(), context_.thread_count, *context_.cancellation, [&](std::size_t at, std::size_t) {
      std::size_t i = order[at];
      for (const Accumulators& own : accumulators) tasks[i]->merged->merge(*own[i]);
      add_counted_values(*tasks[i]);
    });
  }

  /// The order in which workers end at about the same time: long tasks do not come last.
  std::vector<std::size_t> most_counted_first(const std::vector<BoundTask*>& tasks) const {
    std::vector<std::size_t> order(tasks.size());
    std::vector<std::size_t> value_counts(tasks.size());
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      order[i] = i;
      for_counts_of(*tasks[i], [&](const std::vector<std::size_t>&, const auto&, const CodeCounts::Counts& counts) {
        value_counts[i] += counts.of_code.size();
      });
    }
    std::ranges::stable_sort(order, std::ranges::greater(), [&](std::size_t i) { return value_counts[i]; });
    return order;
  }

  /// Whether the column is counted by code: not when it has far more values than there are rows.
  bool is_counted(const Column& column) const {
    return column.is_dictionary() && column.dictionary()->length() / 4 <= rows_.row_count();
  }

  std::vector<std::size_t> counted_columns(const Batch& batch) const {
    std::vector<std::size_t> indexes;
    for (std::size_t i = 0; i < batch.columns.size(); ++i) {
      if (is_counted(batch.columns[i])) indexes.push_back(i);
    }
    return indexes;
  }

  /// Whether one count of codes stands for all that a statistic reads of the batch.
  bool is_counted(const BoundTask& task, const Batch& batch) const {
    if (task.inputs.size() != 1) return false;
    std::vector<std::size_t> read = columns_of(*task.inputs.front());
    if (read.empty()) return false;
    const Column& first = batch.columns[read.front()];
    return std::ranges::all_of(read, [&](std::size_t index) {
      const Column& column = batch.columns[index];
      return is_counted(column) && have_same_codes(column, first);
    });
  }

  /// Adds the rows of a batch to the statistics that are not counted by code.
  void add_rows(const std::vector<BoundTask*>& tasks, const Batch& batch, Accumulators& accumulators) const {
    EvalContext eval(*context_.memory, dictionaries_);
    eval.share_results_of(batch);
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      if (is_counted(*tasks[i], batch)) continue;
      std::vector<Column> inputs;
      for (const BoundExprPtr& input : tasks[i]->inputs) inputs.push_back(evaluate(*input, batch, eval));
      accumulators[i]->update(inputs);
    }
  }

  /// Calls visit(columns, key, counts) with the counts that stand for what a statistic reads, and these columns.
  template <typename Visit>
  void for_counts_of(const BoundTask& task, const Visit& visit) const {
    if (task.inputs.size() != 1) return;
    std::vector<std::size_t> read = columns_of(*task.inputs.front());
    for (const auto& [key, counts] : counts_.groups()) {
      bool has_all = !read.empty() && std::ranges::all_of(read, [&](std::size_t index) {
        return std::ranges::find(key.columns, index) != key.columns.end();
      });
      if (has_all) visit(read, key, counts);
    }
  }

  /// Adds to a statistic every value that was counted by code, as often as it came.
  void add_counted_values(const BoundTask& task) const {
    for_counts_of(task, [&](const auto& read, const CodeCounts::Key& key, const CodeCounts::Counts& counts) {
      add_counted_values(task, read, key, counts);
    });
  }

  void add_counted_values(const BoundTask& task, const std::vector<std::size_t>& read, const CodeCounts::Key& key,
                          const CodeCounts::Counts& counts) const {
    std::vector<std::int32_t> codes;
    std::vector<std::int64_t> times;
    auto add = [&] {
      Batch values{rows_.schema(), std::vector<Column>(rows_.schema()->size()),
                   static_cast<std::int64_t>(codes.size())};
      for (std::size_t i = 0; i < key.columns.size(); ++i) {
        if (std::ranges::find(read, key.columns[i]) == read.end()) continue;
        values.columns[key.columns[i]] = gather(*context_.memory, *key.dictionaries[i], codes);
      }
      EvalContext eval(*context_.memory, dictionaries_);
      Column input = evaluate(*task.inputs.front(), values, eval);
      task.merged->update_counted({&input, 1}, times);
      codes.clear();
      times.clear();
    };
    auto take = [&](std::int32_t code, std::int64_t count) {
      if (count == 0) return;  // a value that no row has must not make the expression fail
      codes.push_back(code);
      times.push_back(count);
      if (std::ssize(codes) == kBatchRowsMax) add();
    };
    for (std::size_t code = 0; code < counts.of_code.size(); ++code) {
      take(static_cast<std::int32_t>(code), counts.of_code[code]);
    }
    take(-1, counts.of_null);
    if (!codes.empty()) add();
  }

  static std::vector<std::size_t> columns_of(const BoundExpr& expr) {
    std::vector<std::size_t> indexes;
    collect_column_indexes(expr, indexes);
    return indexes;
  }

  FeatureSet& features_;
  const Spool& rows_;
  const RunContext& context_;
  CodeCounts counts_;  // of all rows, once the first round is over
  bool is_counted_ = false;
  DictionaryCache* dictionaries_ = nullptr;
  std::size_t round_ = 0;
};

}  // namespace

void fit_features(FeatureSet& features, const Spool& rows, const RunContext& context) {
  Fitting(features, rows, context).run();
}

}  // namespace headrace
