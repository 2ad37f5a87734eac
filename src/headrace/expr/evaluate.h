// Evaluation of bound expressions, a batch at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "headrace/base/memory_budget.h"
#include "headrace/expr/bind.h"
#include "headrace/expr/flatten_cache.h"

namespace headrace {

class DictionaryCache;

/// What evaluation needs besides the rows. Lives as long as the evaluation of one batch.
struct EvalContext {
  explicit EvalContext(MemoryBudget& budget, DictionaryCache* cache = nullptr);

  MemoryBudget& memory;
  /// What is known of dictionaries that come again with other batches; may be nullptr. Outlives the evaluation.
  DictionaryCache* dictionaries;
  BatchFlattener flattener;

  /// Codes of the batch in which one behind the dictionary's values stands for null. Expressions share them, so that
  /// columns that were coded alike still are.
  struct NullCodes {
    Column original;                      // a dictionary column
    std::shared_ptr<const Buffer> codes;  // nullptr: it has no null
  };
  std::vector<NullCodes> null_codes;

  /// Keeps the results of shared parts of expressions (shared_parts.h) on `batch`, for the other expressions that have
  /// them. The batch must stay where it is as long as this lives.
  void share_results_of(const Batch& batch) { shared_batch_ = &batch; }
  bool shares_results_of(const Batch& batch) const { return shared_batch_ == &batch; }
  /// The result of a shared part on the batch, or nullptr when it was not evaluated yet.
  const Column* shared_result(const BoundExpr& expr, const Batch& batch) const;
  void keep_shared_result(const BoundExpr& expr, const Column& column) { shared_results_.emplace_back(&expr, column); }

 private:
  const Batch* shared_batch_ = nullptr;
  std::vector<std::pair<const BoundExpr*, Column>> shared_results_;
};

/// Returns a column of expr.type with batch.row_count rows, in plain layout. Throws Error(kBadData) on a value that
/// makes a function fail (overflow, division by zero, a cast that does not fit), naming the expression and the values
/// of its arguments. Branches of if_else, coalesce, and the right side of and/or are evaluated only for the rows that
/// need them.
Column evaluate(const BoundExpr& expr, const Batch& batch, EvalContext& context);

/// The same, but in dictionary layout where the columns it reads are (see dictionary_cache.h).
Column evaluate_coded(const BoundExpr& expr, const Batch& batch, EvalContext& context);

/// Row numbers of `batch` for which the boolean expression is true (neither false nor null), ascending.
void evaluate_filter(const BoundExpr& predicate, const Batch& batch, EvalContext& context,
                     std::vector<std::int32_t>& selected_rows);

}  // namespace headrace
