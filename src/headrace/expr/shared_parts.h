// Parts that several expressions have in common, evaluated once a batch.
#pragma once

#include <vector>

#include "headrace/expr/bind.h"

namespace headrace {

/// The same expressions with parts that are equal made one object, and marked as shared where they occur more than
/// once. Evaluated with EvalContext::share_results_of(), such a part is evaluated once for a batch.
std::vector<BoundExprPtr> share_equal_parts(const std::vector<BoundExprPtr>& exprs);

/// The same for the `inputs` of all of `tasks`.
template <typename Task>
void share_inputs(std::vector<Task>& tasks) {
  std::vector<BoundExprPtr> inputs;
  for (const Task& task : tasks) inputs.insert(inputs.end(), task.inputs.begin(), task.inputs.end());
  inputs = share_equal_parts(inputs);
  auto next = inputs.begin();
  for (Task& task : tasks) {
    for (BoundExprPtr& input : task.inputs) input = *next++;
  }
}

}  // namespace headrace
