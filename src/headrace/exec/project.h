// Computes the columns of a batch from expressions over another.
#pragma once

#include "headrace/exec/operator.h"
#include "headrace/exec/run_context.h"
#include "headrace/plan/node.h"

namespace headrace {

/// `output` has one field for each of `columns`.
MakeOperator project_operator(const std::vector<NamedExpr>& columns, const Schema& input,
                              const std::shared_ptr<const Schema>& output, const RunContext& context);

}  // namespace headrace
