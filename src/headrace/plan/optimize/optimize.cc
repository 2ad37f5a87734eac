// See node.h. Columns first: bounds then go to scans that are final, and through fewer projects.
#include <set>

#include "headrace/plan/optimize/rewrite.h"

namespace headrace {
namespace {

void collect_nodes(const NodePtr& node, std::set<const Node*>& seen, std::vector<NodePtr>& nodes) {
  if (!seen.insert(node.get()).second) return;
  for (const NodePtr& input : inputs_of(*node)) collect_nodes(input, seen, nodes);
  nodes.push_back(node);
}

}  // namespace

std::vector<NodePtr> nodes_bottom_up(const std::vector<NodePtr>& roots) {
  std::set<const Node*> seen;
  std::vector<NodePtr> nodes;
  for (const NodePtr& root : roots) collect_nodes(root, seen, nodes);
  return nodes;
}

std::vector<NodePtr> optimize(const std::vector<NodePtr>& roots) { return push_bounds(prune_columns(roots)); }

}  // namespace headrace
