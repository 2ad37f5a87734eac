// Keeps the rows for which a predicate is true.
#pragma once

#include "headrace/exec/operator.h"
#include "headrace/exec/run_context.h"
#include "headrace/plan/node.h"

namespace headrace {

MakeOperator filter_operator(const FilterNode& node, const Schema& input, const RunContext& context);

}  // namespace headrace
