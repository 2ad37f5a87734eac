// explode: a row for each element of a list.
#pragma once

#include "headrace/exec/operator.h"
#include "headrace/exec/run_context.h"
#include "headrace/plan/node.h"

namespace headrace {

/// Throws Error(kBadData) at a row whose lists of several columns are of different lengths.
MakeOperator explode_operator(const ExplodeNode& node, const Schema& input, const std::shared_ptr<const Schema>& output,
                              const RunContext& context);

}  // namespace headrace
