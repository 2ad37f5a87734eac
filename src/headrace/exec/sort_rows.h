// sort: rows in the order of some of their columns.
#pragma once

#include <memory>
#include <vector>

#include "headrace/exec/run_context.h"
#include "headrace/exec/spill/spool.h"
#include "headrace/plan/sort_column.h"

namespace headrace {

/// The rows in order, those that tie in the order that they had. Few rows are sorted in memory, many go to disk by
/// parts of the range of their keys.
std::shared_ptr<const Spool> sort_rows(std::shared_ptr<const Spool> rows, const std::vector<SortColumn>& order,
                                       const RunContext& context);

}  // namespace headrace
