// See rewrite.h. Needs are collected from the roots down, nodes are rebuilt from the scans up.
//
// One name needs care: a join gives a right column the suffix only while the left side has a column of the same name.
// When the left one is not needed, the right side is renamed below the join, so that the column's name above stays.
#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "headrace/base/error.h"
#include "headrace/plan/optimize/rewrite.h"

namespace headrace {
namespace {

using Names = std::set<std::string>;

void add_columns_of(const Expr& expr, Names& names) {
  std::vector<std::string> read;
  collect_columns(expr, read);
  names.insert(read.begin(), read.end());
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

/// The columns of a join's right side that its rows carry, under both names, in order.
struct RightColumn {
  std::string name;    // on the right side
  std::string output;  // in the joined rows
};
std::vector<RightColumn> right_columns(const JoinNode& join, const Schema& joined) {
  std::vector<RightColumn> columns;
  std::size_t index = join.left->schema.size();
  for (const Field& field : join.right->schema) {
    if (index >= joined.size()) break;  // semi and anti joins carry none
    if (contains(join.right_on, field.name)) continue;
    columns.push_back({field.name, joined[index++].name});
  }
  return columns;
}

Schema keep(const Schema& schema, const Names& names) {
  std::vector<Field> fields;
  for (const Field& field : schema) {
    if (names.contains(field.name)) fields.push_back(field);
  }
  return Schema(std::move(fields));
}

std::vector<NamedExpr> passed(const std::vector<std::string>& names) {
  std::vector<NamedExpr> columns;
  for (const std::string& name : names) columns.push_back({name, column(name)});
  return columns;
}

/// `input` with exactly these columns, in this order, under these names; `input` itself when it has them already.
NodePtr reshape(NodePtr input, const std::vector<NamedExpr>& columns, const std::string& label) {
  std::vector<Field> fields;
  bool same = columns.size() == input->schema.size();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Field& field = input->schema[input->schema.index_of(as_column(columns[i].expr)->name)];
    same = same && input->schema[i].name == columns[i].name && field.name == columns[i].name;
    fields.push_back({columns[i].name, field.type, field.nullable});
  }
  if (same) return input;
  return std::make_shared<const Node>(Node{ProjectNode{std::move(input), columns}, Schema(std::move(fields)), label});
}

/// Whether it can be seen in the needed columns which of several rows that tie in order_by stays. Such rows are equal
/// in keys and order_by; but equal floats may differ in their bits.
bool shows_ties(const DeduplicateNode& deduplicate, const Names& needed) {
  return std::ranges::any_of(deduplicate.input->schema, [&](const Field& field) {
    bool compared = contains(deduplicate.keys, field.name) || contains(deduplicate.order_by, field.name);
    return needed.contains(field.name) && (!compared || field.type.is_floating());
  });
}

/// Adds to `needs` of a node's inputs what the node reads, given what is needed of itself.
class NeedCollector {
 public:
  NeedCollector(const Node& node, const Names& needed, std::map<const Node*, Names>& needs)
      : node_(node), needed_(needed), needs_(needs) {}

  void operator()(const ScanNode&) const {}
  void operator()(const FilterNode& filter) const {
    Names& input = needs_[filter.input.get()];
    input.insert(needed_.begin(), needed_.end());
    add_columns_of(filter.predicate, input);
  }
  void operator()(const ProjectNode& project) const {
    Names& input = needs_[project.input.get()];
    for (const NamedExpr& column : project.columns) {
      if (needed_.contains(column.name)) add_columns_of(column.expr, input);
    }
  }
  void operator()(const JoinNode& join) const {
    Names& left = needs_[join.left.get()];
    Names& right = needs_[join.right.get()];
    left.insert(join.left_on.begin(), join.left_on.end());
    right.insert(join.right_on.begin(), join.right_on.end());
    for (const Field& field : join.left->schema) {
      if (needed_.contains(field.name)) left.insert(field.name);
    }
    for (const RightColumn& column : right_columns(join, node_.schema)) {
      if (!needed_.contains(column.output)) continue;
      right.insert(column.name);
      // A key of the right side with the name that the renamed column would get: then the left column stays.
      bool cannot_rename = column.name != column.output && contains(join.right_on, column.output);
      if (cannot_rename) left.insert(column.name);
    }
  }
  void operator()(const AggregateNode& aggregate) const {
    Names& input = needs_[aggregate.input.get()];
    input.insert(aggregate.keys.begin(), aggregate.keys.end());
    for (const NamedExpr& column : aggregate.aggregates) {
      if (needed_.contains(column.name)) add_columns_of(column.expr, input);
    }
  }
  void operator()(const DeduplicateNode& deduplicate) const {
    Names& input = needs_[deduplicate.input.get()];
    input.insert(deduplicate.keys.begin(), deduplicate.keys.end());
    input.insert(deduplicate.order_by.begin(), deduplicate.order_by.end());
    input.insert(needed_.begin(), needed_.end());
    if (shows_ties(deduplicate, needed_)) input.insert(deduplicate.ties.begin(), deduplicate.ties.end());
  }
  void operator()(const SortNode& sort) const {
    Names& input = needs_[sort.input.get()];
    input.insert(needed_.begin(), needed_.end());
    for (const SortColumn& column : sort.order) input.insert(column.name);
  }
  void operator()(const LimitNode& limit) const { needs_[limit.input.get()].insert(needed_.begin(), needed_.end()); }
  void operator()(const ConcatNode& concat) const {
    for (const NodePtr& input : concat.inputs) needs_[input.get()].insert(needed_.begin(), needed_.end());
  }
  void operator()(const ExplodeNode& explode) const {
    Names& input = needs_[explode.input.get()];
    input.insert(needed_.begin(), needed_.end());
    input.insert(explode.columns.begin(), explode.columns.end());
  }

 private:
  const Node& node_;
  const Names& needed_;
  std::map<const Node*, Names>& needs_;
};

/// Rebuilds one node over its rebuilt inputs. Its columns are at least the needed ones, under their old names.
class Rebuilder {
 public:
  Rebuilder(const Node& node, const Names& needed, const std::map<const Node*, NodePtr>& rebuilt)
      : node_(node), needed_(needed), rebuilt_(rebuilt) {}

  NodePtr operator()(const ScanNode& scan) const { return make(scan, keep(node_.schema, needed_)); }

  NodePtr operator()(const FilterNode& filter) const {
    NodePtr input = rebuilt_.at(filter.input.get());
    Schema schema = input->schema;
    return make(FilterNode{std::move(input), filter.predicate}, std::move(schema));
  }

  NodePtr operator()(const ProjectNode& project) const {
    NodePtr input = rebuilt_.at(project.input.get());
    std::vector<NamedExpr> columns;
    bool only_passes = true;
    for (const NamedExpr& column : project.columns) {
      if (!needed_.contains(column.name)) continue;
      const ColumnRef* ref = as_column(column.expr);
      only_passes = only_passes && ref != nullptr && ref->name == column.name;
      columns.push_back(column);
    }
    if (only_passes) return input;
    return make(ProjectNode{std::move(input), std::move(columns)}, keep(node_.schema, needed_));
  }

  NodePtr operator()(const JoinNode& join) const {
    std::vector<std::string> left_names;
    for (const Field& field : join.left->schema) {
      bool is_key = contains(join.left_on, field.name);
      if (is_key || needed_.contains(field.name) || keeps_suffix(join, field.name)) left_names.push_back(field.name);
    }
    Schema left_schema = keep(join.left->schema, Names(left_names.begin(), left_names.end()));
    std::vector<NamedExpr> right;
    std::vector<Field> fields = left_schema.fields();
    for (const std::string& key : join.right_on) right.push_back({key, column(key)});
    for (const RightColumn& right_column : right_columns(join, node_.schema)) {
      if (!needed_.contains(right_column.output)) continue;
      bool renamed_by_join = left_schema.find(right_column.name).has_value();
      right.push_back({renamed_by_join ? right_column.name : right_column.output, column(right_column.name)});
      fields.push_back(node_.schema[node_.schema.index_of(right_column.output)]);
    }
    JoinNode pruned = join;
    pruned.left = reshape(rebuilt_.at(join.left.get()), passed(left_names), node_.label);
    pruned.right = reshape(rebuilt_.at(join.right.get()), right, node_.label);
    return make(std::move(pruned), Schema(std::move(fields)));
  }

  NodePtr operator()(const AggregateNode& aggregate) const {
    AggregateNode pruned = aggregate;
    pruned.input = rebuilt_.at(aggregate.input.get());
    Names kept(aggregate.keys.begin(), aggregate.keys.end());
    std::erase_if(pruned.aggregates, [&](const NamedExpr& column) { return !needed_.contains(column.name); });
    // One row comes out without keys, whatever is asked of it: an aggregate has to stay for the row to have a column.
    if (kept.empty() && pruned.aggregates.empty()) pruned.aggregates.push_back(aggregate.aggregates.front());
    for (const NamedExpr& column : pruned.aggregates) kept.insert(column.name);
    return make(std::move(pruned), keep(node_.schema, kept));
  }

  NodePtr operator()(const DeduplicateNode& deduplicate) const {
    DeduplicateNode pruned = deduplicate;
    if (!shows_ties(deduplicate, needed_)) pruned.ties.clear();
    pruned.input = rebuilt_.at(deduplicate.input.get());
    return make(std::move(pruned), keep(node_.schema, needed_));
  }

  NodePtr operator()(const SortNode& sort) const {
    NodePtr input = rebuilt_.at(sort.input.get());
    Schema schema = input->schema;
    return make(SortNode{std::move(input), sort.order}, std::move(schema));
  }

  NodePtr operator()(const LimitNode& limit) const {
    NodePtr input = rebuilt_.at(limit.input.get());
    Schema schema = input->schema;
    return make(LimitNode{std::move(input), limit.rows, limit.offset}, std::move(schema));
  }

  NodePtr operator()(const ConcatNode& concat) const {
    Schema schema = keep(node_.schema, needed_);
    ConcatNode pruned;
    for (const NodePtr& input : concat.inputs) {
      pruned.inputs.push_back(reshape(rebuilt_.at(input.get()), passed(schema.names()), node_.label));
    }
    return make(std::move(pruned), std::move(schema));
  }

  NodePtr operator()(const ExplodeNode& explode) const {
    Names kept = needed_;
    kept.insert(explode.columns.begin(), explode.columns.end());
    Schema schema = keep(node_.schema, kept);
    ExplodeNode pruned = explode;
    pruned.input = reshape(rebuilt_.at(explode.input.get()), passed(schema.names()), node_.label);
    return make(std::move(pruned), std::move(schema));
  }

 private:
  NodePtr make(decltype(Node::kind) kind, Schema schema) const {
    return std::make_shared<const Node>(Node{std::move(kind), std::move(schema), node_.label});
  }

  /// Whether the left column `name` must stay for the suffix that the right one has (see NeedCollector).
  bool keeps_suffix(const JoinNode& join, const std::string& name) const {
    for (const RightColumn& column : right_columns(join, node_.schema)) {
      if (column.name == name && column.output != name && needed_.contains(column.output)) {
        return contains(join.right_on, column.output);
      }
    }
    return false;
  }

  const Node& node_;
  const Names& needed_;
  const std::map<const Node*, NodePtr>& rebuilt_;
};

}  // namespace

std::vector<NodePtr> prune_columns(const std::vector<NodePtr>& roots) {
  std::vector<NodePtr> nodes = nodes_bottom_up(roots);
  std::map<const Node*, Names> needs;
  for (const NodePtr& root : roots) {
    for (const Field& field : root->schema) needs[root.get()].insert(field.name);
  }
  for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
    std::visit(NeedCollector(**node, needs[node->get()], needs), (*node)->kind);
  }
  std::map<const Node*, NodePtr> rebuilt;
  for (const NodePtr& node : nodes) {
    rebuilt[node.get()] = std::visit(Rebuilder(*node, needs[node.get()], rebuilt), node->kind);
  }
  std::vector<NodePtr> new_roots;
  std::map<const Node*, NodePtr> reshaped;  // a root that is given twice stays one node
  for (const NodePtr& root : roots) {
    NodePtr& new_root = reshaped[root.get()];
    if (!new_root) new_root = reshape(rebuilt[root.get()], passed(root->schema.names()), root->label);
    new_roots.push_back(new_root);
  }
  return new_roots;
}

}  // namespace headrace
