// Parts that several expressions have in common, evaluated once a batch.
#pragma once

#include <vector>

#include "headrace/expr/bind.h"

namespace headrace {

/// The same expressions with parts that are equal made one object, and marked as shared where they occur more than
/// once. Evaluated with EvalContext::share_results_of(), such a part is evaluated once for a batch.
std::vector<BoundExprPtr> share_equal_parts(const std::vector<BoundExprPtr>& exprs);

}  // namespace headrace
