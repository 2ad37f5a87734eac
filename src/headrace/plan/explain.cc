// See explain_tree() in node.h. One line a node:
//
//   join left rows on tailnum = tailnum, right unique -> 27 columns  [rows: join planes]
//     filter arr_delay is not null -> 19 columns  [rows: filter arrived]
//       #1 scan flights -> 19 columns, bounds: arr_delay is not null
//     scan planes -> 9 columns
//
// Nodes that more than one line would show have a number; where one comes again, the number stands for it.
#include <map>
#include <set>

#include <fmt/format.h>

#include "headrace/plan/node.h"

namespace headrace {
namespace {

std::string join_name(JoinKind how) {
  switch (how) {
    case JoinKind::kInner: return "inner";
    case JoinKind::kLeft: return "left";
    case JoinKind::kSemi: return "semi";
    case JoinKind::kAnti: return "anti";
  }
  return {};
}

bool is_passed(const NamedExpr& column) {
  const auto* ref = std::get_if<ColumnRef>(&column.expr->kind);
  return ref != nullptr && ref->name == column.name;
}

struct NodeText {
  std::string operator()(const ScanNode& scan) const { return "scan " + scan.source; }
  std::string operator()(const FilterNode& filter) const { return "filter " + to_string(filter.predicate); }
  std::string operator()(const ProjectNode& project) const {
    std::string text = "project";
    std::size_t passed = 0;
    for (const NamedExpr& column : project.columns) {
      if (is_passed(column))
        ++passed;
      else
        text += fmt::format("{} {} = {}", text == "project" ? "" : ",", column.name, to_string(column.expr));
    }
    if (passed == 0) return text;
    return fmt::format("{}{} {} passed", text, text == "project" ? "" : ",", passed);
  }
  std::string operator()(const JoinNode& join) const {
    std::string text = fmt::format("join {} on ", join_name(join.how));
    for (std::size_t i = 0; i < join.left_on.size(); ++i) {
      text += fmt::format("{}{} = {}", i == 0 ? "" : ", ", join.left_on[i], join.right_on[i]);
    }
    return text + (join.right_unique ? ", right unique" : "");
  }
  std::string operator()(const AggregateNode& aggregate) const {
    std::string text = "aggregate";
    if (!aggregate.keys.empty()) text += fmt::format(" by {}", fmt::join(aggregate.keys, ", "));
    for (std::size_t i = 0; i < aggregate.aggregates.size(); ++i) {
      const NamedExpr& column = aggregate.aggregates[i];
      text += fmt::format("{} {} = {}", i == 0 ? ":" : ",", column.name, to_string(column.expr));
    }
    return text;
  }
  std::string operator()(const DeduplicateNode& deduplicate) const {
    std::string_view keep = deduplicate.keep == Keep::kFirst ? "first" : "last";
    std::string text = fmt::format("deduplicate by {}, the {}", fmt::join(deduplicate.keys, ", "), keep);
    if (deduplicate.any_order) return text + " in any order";
    text += fmt::format(" in order of {}", fmt::join(deduplicate.order_by, ", "));
    return text + (deduplicate.ties.empty() ? "" : ", then of all columns");
  }
  std::string operator()(const SortNode& sort) const {
    std::vector<std::string> columns;
    for (const SortColumn& column : sort.order) columns.push_back(to_string(column));
    return fmt::format("sort by {}", fmt::join(columns, ", "));
  }
  std::string operator()(const LimitNode& limit) const {
    return fmt::format("limit {}{}", limit.rows, limit.offset == 0 ? "" : fmt::format(" after {}", limit.offset));
  }
  std::string operator()(const ConcatNode&) const { return "concat"; }
  std::string operator()(const ExplodeNode& explode) const {
    std::string text = fmt::format("explode {}", fmt::join(explode.columns, ", "));
    return text + (explode.keep_empty ? "" : ", not the empty");
  }
};

std::string describe_node(const Node& node) {
  std::string text = fmt::format("{} -> {} column{}", std::visit(NodeText{}, node.kind), node.schema.size(),
                                 node.schema.size() == 1 ? "" : "s");
  const auto* scan = std::get_if<ScanNode>(&node.kind);
  if (scan != nullptr && !scan->hashes.empty()) {
    std::vector<std::string> hashed;
    for (const auto& [name, column] : scan->hashes) hashed.push_back(column);
    text += fmt::format(", hashes of {}", fmt::join(hashed, ", "));
  }
  for (std::size_t i = 0; scan != nullptr && i < scan->bounds.size(); ++i) {
    text += fmt::format("{} {}", i == 0 ? ", bounds:" : ",", to_string(scan->bounds[i]));
  }
  bool says_more = !node.label.empty() && (scan == nullptr || node.label != scan->source);
  return says_more ? fmt::format("{}  [{}]", text, node.label) : text;
}

class TreePrinter {
 public:
  explicit TreePrinter(const NodePtr& root) { find_shared(*root); }

  void print(const Node& node, std::size_t depth) {
    text_ += std::string(depth * 2, ' ');
    auto number = numbers_.find(&node);
    if (shared_.contains(&node)) {
      if (number != numbers_.end()) {
        text_ += fmt::format("#{} again\n", number->second);
        return;
      }
      numbers_.emplace(&node, numbers_.size() + 1);
      text_ += fmt::format("#{} ", numbers_.size());
    }
    text_ += describe_node(node) + "\n";
    for (const NodePtr& input : inputs_of(node)) print(*input, depth + 1);
  }

  std::string take_text() { return std::move(text_); }

 private:
  void find_shared(const Node& node) {
    if (!seen_.insert(&node).second) {
      shared_.insert(&node);
      return;
    }
    for (const NodePtr& input : inputs_of(node)) find_shared(*input);
  }

  std::set<const Node*> seen_;
  std::set<const Node*> shared_;
  std::map<const Node*, std::size_t> numbers_;
  std::string text_;
};

}  // namespace

std::string node_text(const Node& node) { return std::visit(NodeText{}, node.kind); }

std::string explain_tree(const NodePtr& root) {
  TreePrinter printer(root);
  printer.print(*root, 0);
  return printer.take_text();
}

}  // namespace headrace
