// The rules of optimize(), each a function over a whole plan: from roots to new roots, sharing kept.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "headrace/plan/node.h"

namespace headrace {

/// Gives each reader of a source in `sources` a scan of its own, with just the columns and bounds that it needs,
/// instead of one scan whose rows are kept for all of them.
std::vector<NodePtr> split_scans(const std::vector<NodePtr>& roots, const std::set<std::string>& sources);

/// Computes columns that read strings or lists and give values of fixed width where their inputs enter the plan, below
/// joins and filters, so that the wide values go no further. Only what cannot fail: rows that a join or a filter
/// removes are computed, too.
enum class PushTo {
  kAnywhere,
  kScans,  // only what can be computed right above a scan
};
std::vector<NodePtr> push_reductions(const std::vector<NodePtr>& roots, PushTo to = PushTo::kAnywhere);

/// Lets scans bring the hash64() of texts that the project above takes, so that texts which nobody else reads never
/// leave the reader.
std::vector<NodePtr> hash_in_scans(const std::vector<NodePtr>& roots);

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

/// A copy of `node` that reads the rebuilt counterparts of its inputs.
NodePtr with_inputs(const NodePtr& node, const std::map<const Node*, NodePtr>& rebuilt);

/// The column that `expr` is, or nullptr.
inline const ColumnRef* as_column(const Expr& expr) { return std::get_if<ColumnRef>(&expr->kind); }

}  // namespace headrace
