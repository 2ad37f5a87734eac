// See rewrite.h.
#include <map>

#include "headrace/plan/optimize/rewrite.h"

namespace headrace {
namespace {

/// Rebuilds a plan from its roots, with a scan of its own for each reader of a source in `sources`.
class ScanSplitter {
 public:
  explicit ScanSplitter(const std::set<std::string>& sources) : sources_(sources) {}

  NodePtr rebuild(const NodePtr& node) {
    if (const auto* scan = std::get_if<ScanNode>(&node->kind); scan != nullptr && sources_.contains(scan->source)) {
      return std::make_shared<const Node>(*node);
    }
    NodePtr& known = rebuilt_[node.get()];
    if (known) return known;
    std::map<const Node*, NodePtr> inputs;
    for (const NodePtr& input : inputs_of(*node)) inputs[input.get()] = rebuild(input);
    return rebuilt_[node.get()] = with_inputs(node, inputs);
  }

 private:
  const std::set<std::string>& sources_;
  std::map<const Node*, NodePtr> rebuilt_;
};

}  // namespace

std::vector<NodePtr> split_scans(const std::vector<NodePtr>& roots, const std::set<std::string>& sources) {
  ScanSplitter splitter(sources);
  std::vector<NodePtr> new_roots;
  std::map<const Node*, NodePtr> known;  // a root that is given twice stays one node
  for (const NodePtr& root : roots) {
    NodePtr& new_root = known[root.get()];
    if (!new_root) new_root = splitter.rebuild(root);
    new_roots.push_back(new_root);
  }
  return new_roots;
}

}  // namespace headrace
