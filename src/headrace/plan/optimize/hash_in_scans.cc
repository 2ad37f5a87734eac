// See rewrite.h.
#include <map>
#include <string>

#include "headrace/plan/optimize/rewrite.h"

namespace headrace {
namespace {

/// Collects what a project takes from a scan as hashes.
class HashCollector {
 public:
  explicit HashCollector(const Node& scan) : scan_(scan) {}

  /// `expr` with every hash64() of a text column of the scan replaced by the column that brings it.
  Expr replace(const Expr& expr) {
    const auto* node = std::get_if<Call>(&expr->kind);
    if (node == nullptr) return expr;
    if (node->function == "hash64" && node->args.size() == 1) {
      const ColumnRef* ref = as_column(node->args[0]);
      if (ref != nullptr && scan_.schema[scan_.schema.index_of(ref->name)].type.is_binary_like()) {
        return column(hash_name(ref->name));
      }
    }
    Call copy = *node;
    for (Expr& arg : copy.args) arg = replace(arg);
    return std::make_shared<const ExprNode>(ExprNode{std::move(copy), expr->span, expr->text});
  }

  bool found_any() const { return !hashes_.empty(); }

  /// The scan with the hashes behind its columns.
  NodePtr scan_with_hashes() const {
    Node scan = scan_;
    std::vector<Field> fields = scan_.schema.fields();
    for (const auto& [name, of] : hashes_) fields.push_back({name, TypeKind::kInt64, false});
    std::get<ScanNode>(scan.kind).hashes = hashes_;
    scan.schema = Schema(std::move(fields));
    return std::make_shared<const Node>(std::move(scan));
  }

 private:
  std::string hash_name(const std::string& column) {
    for (const auto& [name, of] : hashes_) {
      if (of == column) return name;
    }
    std::string name = column + "#hash64";
    while (scan_.schema.find(name)) name += "#";
    hashes_[name] = column;
    return name;
  }

  const Node& scan_;
  std::map<std::string, std::string> hashes_;
};

NodePtr hash_in_scan(const NodePtr& node) {
  const auto* project = std::get_if<ProjectNode>(&node->kind);
  if (project == nullptr) return node;
  const auto* scan = std::get_if<ScanNode>(&project->input->kind);
  if (scan == nullptr || !scan->hashes.empty()) return node;
  HashCollector hashes(*project->input);
  ProjectNode replaced = *project;
  for (NamedExpr& column : replaced.columns) column.expr = hashes.replace(column.expr);
  if (!hashes.found_any()) return node;
  replaced.input = hashes.scan_with_hashes();
  return std::make_shared<const Node>(Node{std::move(replaced), node->schema, node->label});
}

}  // namespace

std::vector<NodePtr> hash_in_scans(const std::vector<NodePtr>& roots) {
  std::vector<NodePtr> nodes = nodes_bottom_up(roots);
  std::map<const Node*, std::size_t> readers;
  for (const NodePtr& root : roots) ++readers[root.get()];
  for (const NodePtr& node : nodes) {
    for (const NodePtr& input : inputs_of(*node)) ++readers[input.get()];
  }
  std::map<const Node*, NodePtr> rebuilt;
  for (const NodePtr& node : nodes) {
    const auto* project = std::get_if<ProjectNode>(&node->kind);
    bool reads_alone = project != nullptr && readers[project->input.get()] == 1;
    NodePtr copy = with_inputs(node, rebuilt);
    rebuilt[node.get()] = reads_alone ? hash_in_scan(copy) : copy;
  }
  std::vector<NodePtr> new_roots;
  for (const NodePtr& root : roots) new_roots.push_back(rebuilt[root.get()]);
  return new_roots;
}

}  // namespace headrace
