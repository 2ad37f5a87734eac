// See node.h. Columns first: bounds then go to scans that are final, and through fewer projects.
#include <map>
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

NodePtr with_inputs(const NodePtr& node, const std::map<const Node*, NodePtr>& rebuilt) {
  Node copy = *node;
  struct Replace {
    const std::map<const Node*, NodePtr>& rebuilt;
    void operator()(ScanNode&) const {}
    void operator()(FilterNode& filter) const { filter.input = rebuilt.at(filter.input.get()); }
    void operator()(ProjectNode& project) const { project.input = rebuilt.at(project.input.get()); }
    void operator()(JoinNode& join) const {
      join.left = rebuilt.at(join.left.get());
      join.right = rebuilt.at(join.right.get());
    }
    void operator()(AggregateNode& aggregate) const { aggregate.input = rebuilt.at(aggregate.input.get()); }
    void operator()(DeduplicateNode& deduplicate) const { deduplicate.input = rebuilt.at(deduplicate.input.get()); }
    void operator()(SortNode& sort) const { sort.input = rebuilt.at(sort.input.get()); }
    void operator()(LimitNode& limit) const { limit.input = rebuilt.at(limit.input.get()); }
    void operator()(ConcatNode& concat) const {
      for (NodePtr& input : concat.inputs) input = rebuilt.at(input.get());
    }
    void operator()(ExplodeNode& explode) const { explode.input = rebuilt.at(explode.input.get()); }
  };
  std::visit(Replace{rebuilt}, copy.kind);
  return std::make_shared<const Node>(std::move(copy));
}

std::vector<NodePtr> nodes_bottom_up(const std::vector<NodePtr>& roots) {
  std::set<const Node*> seen;
  std::vector<NodePtr> nodes;
  for (const NodePtr& root : roots) collect_nodes(root, seen, nodes);
  return nodes;
}

std::vector<NodePtr> optimize(const std::vector<NodePtr>& roots, const std::set<std::string>& sources_by_column) {
  return push_bounds(prune_columns(hash_in_scans(push_reductions(split_scans(roots, sources_by_column)))));
}

std::vector<NodePtr> optimize_for_engines(const std::vector<NodePtr>& roots, const std::set<std::string>& sources) {
  return prune_columns(push_reductions(split_scans(roots, sources), PushTo::kScans));
}

}  // namespace headrace
