// The rules of optimize(), each a function over a whole plan: from roots to new roots, sharing kept.
#pragma once

#include <vector>

#include "headrace/plan/node.h"

namespace headrace {

/// Narrows scans, projects and aggregates to the columns that are needed above them. A node with several parents keeps
/// what any of them needs. Projects that then only pass columns disappear; below joins, and above roots whose columns
/// would change, one that passes just the columns wanted takes its place.
std::vector<NodePtr> prune_columns(const std::vector<NodePtr>& roots);

/// Copies the conjuncts `column op literal` and `column is not null` of filters into the bounds of the scan below them,
/// through filters and through projects that pass the column, as long as nothing in between can fail. Only where no
/// other node reads what lies between, as the scan skips rows for everybody.
std::vector<NodePtr> push_bounds(const std::vector<NodePtr>& roots);

/// All nodes of a plan, each once, inputs before the nodes that read them.
std::vector<NodePtr> nodes_bottom_up(const std::vector<NodePtr>& roots);

/// The column that `expr` is, or nullptr.
inline const ColumnRef* as_column(const Expr& expr) { return std::get_if<ColumnRef>(&expr->kind); }

}  // namespace headrace
