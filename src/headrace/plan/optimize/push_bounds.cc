// See rewrite.h. Each scan's only reader is followed upwards while there is only one, and the conjuncts of the filters
// on that path are collected, in the names that columns have in the scan.
//
// The way ends at the first expression that can fail: a row that a scan skips is a row that cannot make it fail, and
// whether a run ends with an error must not depend on what a scan knows.
#include <array>
#include <map>
#include <string>

#include "headrace/expr/bind.h"
#include "headrace/expr/scan_bounds.h"
#include "headrace/plan/optimize/rewrite.h"

namespace headrace {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kMirrored = {{
    {"eq", "eq"},
    {"lt", "gt"},
    {"le", "ge"},
    {"gt", "lt"},
    {"ge", "le"},
}};

/// The comparison that says the same with its sides swapped; empty for a function that is no such comparison.
std::string_view mirrored(std::string_view function) {
  for (const auto& [name, other] : kMirrored) {
    if (name == function) return other;
  }
  return {};
}

bool is_value(const Expr& expr) {
  const auto* literal = std::get_if<Literal>(&expr->kind);
  return literal != nullptr && !literal->value.is_null();
}

bool can_fail(const Expr& expr, const Schema& schema) { return headrace::bind(expr, schema)->can_fail; }

/// Adds what a conjunct says as `column op literal` or `column is not null`, if it does.
void collect_bounds(const Expr& expr, std::vector<Expr>& bounds) {
  const auto* node = std::get_if<Call>(&expr->kind);
  if (node == nullptr) return;
  const std::vector<Expr>& args = node->args;
  if (node->function == "is_not_null" && args.size() == 1 && as_column(args[0]) != nullptr) {
    bounds.push_back(expr);
  } else if (node->function == "between" && args.size() == 3) {
    collect_bounds(call("ge", {args[0], args[1]}), bounds);
    collect_bounds(call("le", {args[0], args[2]}), bounds);
  } else if (args.size() == 2 && !mirrored(node->function).empty()) {
    if (as_column(args[0]) != nullptr && is_value(args[1])) bounds.push_back(expr);
    if (as_column(args[1]) != nullptr && is_value(args[0])) {
      bounds.push_back(call(std::string(mirrored(node->function)), {args[1], args[0]}));
    }
  }
}

/// Names above a scan, and what they are in the scan.
using ScanNames = std::map<std::string, std::string>;

ScanNames through_project(const ProjectNode& project, const ScanNames& below) {
  ScanNames above;
  for (const NamedExpr& column : project.columns) {
    const ColumnRef* ref = as_column(column.expr);
    if (ref == nullptr) continue;
    auto found = below.find(ref->name);
    if (found != below.end()) above[column.name] = found->second;
  }
  return above;
}

void add_bound(const Expr& bound, const ScanNames& names, std::vector<Expr>& bounds) {
  std::vector<std::string> read;
  collect_columns(bound, read);
  auto found = names.find(read.at(0));
  if (found == names.end()) return;
  Expr renamed = found->first == found->second
                     ? bound
                     : replace_columns(bound, [&](const std::string&) { return column(found->second); });
  for (const Expr& other : bounds) {
    if (same_expr(other, renamed)) return;
  }
  bounds.push_back(std::move(renamed));
}

using Readers = std::map<const Node*, std::vector<const Node*>>;

/// Adds the bounds of a filter, and returns whether the way goes on above it.
bool collect_filter(const FilterNode& filter, const ScanNames& names, std::vector<Expr>& bounds) {
  std::vector<Expr> conjuncts = conjuncts_of(filter.predicate);
  for (const Expr& conjunct : conjuncts) {
    if (can_fail(conjunct, filter.input->schema)) return false;
    std::vector<Expr> found;
    collect_bounds(conjunct, found);
    for (const Expr& bound : found) add_bound(bound, names, bounds);
  }
  return true;
}

/// The bounds for one scan. A root has a reader too: whoever asked for the plan.
std::vector<Expr> find_bounds(const Node& scan, const Readers& readers) {
  std::vector<Expr> bounds;
  ScanNames names;
  const auto& hashes = std::get<ScanNode>(scan.kind).hashes;
  for (const Field& field : scan.schema) {
    if (!hashes.contains(field.name)) names[field.name] = field.name;
  }
  for (const Node* node = &scan;;) {
    const std::vector<const Node*>& above = readers.at(node);
    if (above.size() != 1 || above[0] == nullptr) return bounds;
    node = above[0];
    if (const auto* filter = std::get_if<FilterNode>(&node->kind)) {
      if (!collect_filter(*filter, names, bounds)) return bounds;
    } else if (const auto* project = std::get_if<ProjectNode>(&node->kind)) {
      for (const NamedExpr& column : project->columns) {
        if (can_fail(column.expr, project->input->schema)) return bounds;
      }
      names = through_project(*project, names);
    } else {
      return bounds;
    }
  }
}

}  // namespace

std::vector<NodePtr> push_bounds(const std::vector<NodePtr>& roots) {
  std::vector<NodePtr> nodes = nodes_bottom_up(roots);
  Readers readers;
  for (const NodePtr& root : roots) readers[root.get()].push_back(nullptr);
  for (const NodePtr& node : nodes) {
    for (const NodePtr& input : inputs_of(*node)) readers[input.get()].push_back(node.get());
  }
  std::map<const Node*, NodePtr> rebuilt;
  for (const NodePtr& node : nodes) {
    NodePtr copy = with_inputs(node, rebuilt);
    if (std::holds_alternative<ScanNode>(node->kind)) {
      Node scan = *copy;
      std::get<ScanNode>(scan.kind).bounds = find_bounds(*node, readers);
      copy = std::make_shared<const Node>(std::move(scan));
    }
    rebuilt[node.get()] = std::move(copy);
  }
  std::vector<NodePtr> new_roots;
  for (const NodePtr& root : roots) new_roots.push_back(rebuilt[root.get()]);
  return new_roots;
}

}  // namespace headrace
