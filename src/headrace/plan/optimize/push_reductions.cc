// See rewrite.h. A column that is computed late but reads wide values only (strings, lists) is computed where its
// inputs enter the plan, so that a few bytes a row pass joins and filters instead of the values. Each such column of a
// project is followed down the left sides of joins, through filters and through projects that pass its inputs, as long
// as nobody else reads those nodes; the project that computes it is put at the end of that way, and its name is passed
// upwards.
#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <fmt/format.h>

#include "headrace/expr/bind.h"
#include "headrace/plan/optimize/rewrite.h"

namespace headrace {
namespace {

using ReaderCounts = std::map<const Node*, std::size_t>;

bool is_wide(const Type& type) { return type.value_bytes() == 0; }

bool passes(const ProjectNode& project, const std::string& name) {
  return std::ranges::any_of(project.columns, [&](const NamedExpr& column) {
    const ColumnRef* ref = as_column(column.expr);
    return column.name == name && ref != nullptr && ref->name == name;
  });
}

/// The input of `node` that brings all of `names` under these names, or nullptr.
NodePtr next_below(const Node& node, const std::vector<std::string>& names) {
  if (const auto* filter = std::get_if<FilterNode>(&node.kind)) return filter->input;
  if (const auto* project = std::get_if<ProjectNode>(&node.kind)) {
    bool all = std::ranges::all_of(names, [&](const std::string& name) { return passes(*project, name); });
    return all ? project->input : nullptr;
  }
  if (const auto* join = std::get_if<JoinNode>(&node.kind)) {
    bool all =
        std::ranges::all_of(names, [&](const std::string& name) { return join->left->schema.find(name).has_value(); });
    return all ? join->left : nullptr;
  }
  return nullptr;
}

Schema with_field(const Schema& schema, std::size_t index, const Field& field) {
  std::vector<Field> fields = schema.fields();
  fields.insert(fields.begin() + static_cast<std::ptrdiff_t>(index), field);
  return Schema(std::move(fields));
}

/// `node` and what lies below it, with `column` computed on top of the last node of the way that starts at `node`.
NodePtr compute_below(const NodePtr& node, const std::vector<std::string>& names, const NamedExpr& column,
                      const Field& field, const ReaderCounts& readers) {
  NodePtr below = next_below(*node, names);
  if (!below || readers.at(node.get()) > 1) return make_with_columns(node, {column}, node->label);
  if (std::holds_alternative<ProjectNode>(node->kind) && std::holds_alternative<ScanNode>(below->kind)) {
    // One project above a scan takes all of them.
    Node copy = *node;
    std::get<ProjectNode>(copy.kind).columns.push_back(column);
    copy.schema = with_field(node->schema, node->schema.size(), field);
    return std::make_shared<const Node>(std::move(copy));
  }
  below = compute_below(below, names, column, field, readers);
  Node copy = *node;
  // Joins have their left columns first, so the new one stands behind those.
  std::size_t index = node->schema.size();
  if (auto* filter = std::get_if<FilterNode>(&copy.kind)) filter->input = below;
  if (auto* project = std::get_if<ProjectNode>(&copy.kind)) {
    project->input = below;
    project->columns.push_back({column.name, headrace::column(column.name)});
  }
  if (auto* join = std::get_if<JoinNode>(&copy.kind)) {
    index = join->left->schema.size();
    join->left = below;
  }
  copy.schema = with_field(node->schema, index, field);
  return std::make_shared<const Node>(std::move(copy));
}

/// A name like `name` that no node of the plan below `node` uses.
std::string fresh_name(const std::string& name, const NodePtr& node) {
  std::set<std::string> used;
  for (const NodePtr& below : nodes_bottom_up({node})) {
    for (const Field& field : below->schema) used.insert(field.name);
  }
  std::size_t number = 1;
  while (used.contains(fmt::format("{}#{}", name, number))) ++number;
  return fmt::format("{}#{}", name, number);
}

/// The node that compute_below() puts a column on.
NodePtr lowest(const NodePtr& node, const std::vector<std::string>& names, const ReaderCounts& readers) {
  NodePtr below = next_below(*node, names);
  return !below || readers.at(node.get()) > 1 ? node : lowest(below, names, readers);
}

/// `project` with every reduction computed as far below as it can be.
ProjectNode push(const ProjectNode& project, const ReaderCounts& readers, PushTo to) {
  ProjectNode pushed = project;
  for (NamedExpr& column : pushed.columns) {
    const Schema& schema = pushed.input->schema;
    if (!is_reduction(column.expr, schema)) continue;
    std::vector<std::string> names;
    collect_columns(column.expr, names);
    NodePtr below = next_below(*pushed.input, names);
    auto reader_count = readers.find(pushed.input.get());
    bool is_shared = reader_count != readers.end() && reader_count->second > 1;
    if (!below || is_shared) continue;
    BoundExprPtr bound = headrace::bind(column.expr, schema);
    NamedExpr computed{fresh_name(column.name, pushed.input), column.expr};
    Field field{computed.name, bound->type, bound->nullable};
    ReaderCounts counts = readers;  // nodes made by an earlier push have one reader
    for (const NodePtr& node : nodes_bottom_up({pushed.input})) counts.try_emplace(node.get(), 1);
    bool reaches_scan = std::holds_alternative<ScanNode>(lowest(pushed.input, names, counts)->kind);
    if (to == PushTo::kScans && !reaches_scan) continue;
    pushed.input = compute_below(pushed.input, names, computed, field, counts);
    column.expr = headrace::column(computed.name);
  }
  return pushed;
}

}  // namespace

bool is_reduction(const Expr& expr, const Schema& schema) {
  if (as_column(expr) != nullptr) return false;
  std::vector<std::string> names;
  collect_columns(expr, names);
  if (names.empty()) return false;
  bool reads_wide =
      std::ranges::all_of(names, [&](const std::string& name) { return is_wide(schema[schema.index_of(name)].type); });
  if (!reads_wide) return false;
  BoundExprPtr bound = headrace::bind(expr, schema);
  return !bound->can_fail && !is_wide(bound->type);
}

std::vector<NodePtr> push_reductions(const std::vector<NodePtr>& roots, PushTo to) {
  std::vector<NodePtr> nodes = nodes_bottom_up(roots);
  ReaderCounts readers;
  for (const NodePtr& root : roots) ++readers[root.get()];
  for (const NodePtr& node : nodes) {
    for (const NodePtr& input : inputs_of(*node)) ++readers[input.get()];
  }
  std::map<const Node*, NodePtr> rebuilt;
  for (const NodePtr& node : nodes) {
    NodePtr copy = with_inputs(node, rebuilt);
    // Only nodes with a counterpart in the given plan have a known number of readers.
    readers[copy.get()] = readers[node.get()];
    if (const auto* project = std::get_if<ProjectNode>(&copy->kind)) {
      Node pushed = *copy;
      pushed.kind = push(*project, readers, to);
      copy = std::make_shared<const Node>(std::move(pushed));
      readers[copy.get()] = readers[node.get()];
    }
    rebuilt[node.get()] = copy;
  }
  std::vector<NodePtr> new_roots;
  for (const NodePtr& root : roots) new_roots.push_back(rebuilt[root.get()]);
  return new_roots;
}

}  // namespace headrace
