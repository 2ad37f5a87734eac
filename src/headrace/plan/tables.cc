// See build_tables() in pipeline.h: from steps to nodes. Every error gets the step's place in the file, its table,
// number and kind, and the steps that led to it.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/nearest.h"
#include "headrace/plan/pipeline.h"
#include "headrace/plan/place.h"

namespace headrace {
namespace {

/// The word for a step in the pipeline file.
struct StepName {
  std::string_view operator()(const FilterStep&) const { return "filter"; }
  std::string_view operator()(const WithColumnsStep&) const { return "with_columns"; }
  std::string_view operator()(const SelectStep&) const { return "select"; }
  std::string_view operator()(const DropStep&) const { return "drop"; }
  std::string_view operator()(const RenameStep&) const { return "rename"; }
  std::string_view operator()(const JoinStep&) const { return "join"; }
  std::string_view operator()(const GroupByStep&) const { return "group_by"; }
  std::string_view operator()(const DeduplicateStep&) const { return "deduplicate"; }
  std::string_view operator()(const SortStep&) const { return "sort"; }
  std::string_view operator()(const LimitStep&) const { return "limit"; }
  std::string_view operator()(const ConcatStep&) const { return "concat"; }
  std::string_view operator()(const ExplodeStep&) const { return "explode"; }
};

/// What tells a step from others of its kind: "join planes", "filter arrived".
struct StepText {
  std::string operator()(const FilterStep& filter) const {
    return "filter " + (filter.name.empty() ? to_string(filter.predicate) : filter.name);
  }
  std::string operator()(const JoinStep& join) const { return "join " + join.right; }
  std::string operator()(const GroupByStep& group_by) const {
    return group_by.keys.empty() ? "group_by" : fmt::format("group_by {}", fmt::join(group_by.keys, ", "));
  }
  std::string operator()(const DeduplicateStep& deduplicate) const {
    return fmt::format("deduplicate {}", fmt::join(deduplicate.keys, ", "));
  }
  std::string operator()(const SortStep& sort) const {
    std::string text = "sort";
    for (const SortColumn& column : sort.order) text += (text == "sort" ? " " : ", ") + to_string(column);
    return text;
  }
  std::string operator()(const LimitStep& limit) const { return fmt::format("limit {}", limit.rows); }
  std::string operator()(const ConcatStep& concat) const {
    return fmt::format("concat {}", fmt::join(concat.tables, ", "));
  }
  std::string operator()(const ExplodeStep& explode) const {
    return fmt::format("explode {}", fmt::join(explode.columns, ", "));
  }
  template <typename Other>
  std::string operator()(const Other& step) const {
    return std::string(StepName{}(step));
  }
};

/// Puts one step on top of a node.
class StepBuilder {
 public:
  StepBuilder(NodePtr input, std::vector<NodePtr> others, std::string label)
      : input_(std::move(input)), others_(std::move(others)), label_(std::move(label)) {}

  NodePtr operator()(const FilterStep& step) const { return make_filter(input_, step.predicate, label_); }
  NodePtr operator()(const WithColumnsStep& step) const { return make_with_columns(input_, step.columns, label_); }
  NodePtr operator()(const SelectStep& step) const { return make_project(input_, step.columns, label_); }

  NodePtr operator()(const DropStep& step) const {
    for (const std::string& name : step.columns) input_->schema.index_of(name);
    std::vector<NamedExpr> kept;
    for (const Field& field : input_->schema) {
      bool dropped = std::ranges::find(step.columns, field.name) != step.columns.end();
      if (!dropped) kept.push_back({field.name, column(field.name)});
    }
    return make_project(input_, std::move(kept), label_);
  }

  NodePtr operator()(const RenameStep& step) const {
    std::vector<NamedExpr> columns;
    for (const Field& field : input_->schema) columns.push_back({field.name, column(field.name)});
    for (const auto& [from, to] : step.names) columns[input_->schema.index_of(from)].name = to;
    return make_project(input_, std::move(columns), label_);
  }

  NodePtr operator()(const JoinStep& step) const {
    JoinNode join;
    join.left = input_;
    join.right = others_.at(0);
    join.how = step.how;
    join.left_on = step.left_on;
    join.right_on = step.right_on;
    join.suffix = step.suffix;
    join.right_unique = step.right_unique;
    return make_join(std::move(join), label_);
  }

  NodePtr operator()(const GroupByStep& step) const {
    return make_aggregate(input_, step.keys, step.aggregates, label_);
  }

  NodePtr operator()(const DeduplicateStep& step) const {
    return make_deduplicate({input_, step.keys, step.order_by, {}, step.keep, step.any_order}, label_);
  }

  NodePtr operator()(const SortStep& step) const { return make_sort(input_, step.order, label_); }
  NodePtr operator()(const LimitStep& step) const { return make_limit(input_, step.rows, step.offset, label_); }

  NodePtr operator()(const ConcatStep& step) const {
    std::vector<NodePtr> inputs = others_;
    inputs.insert(inputs.begin(), input_);
    return make_concat(std::move(inputs), step.fill_missing, label_);
  }

  NodePtr operator()(const ExplodeStep& step) const {
    return make_explode(input_, step.columns, step.keep_empty, label_);
  }

 private:
  NodePtr input_;
  std::vector<NodePtr> others_;
  std::string label_;
};

std::string describe_step(const TableSpec& table, std::size_t index) {
  return fmt::format("table '{}', step {} ({})", table.name, index + 1, step_kind(table.steps[index]));
}

/// "building table 'rows': from flights, then 1 filter arrived, 2 join planes"
std::string describe_trail(const TableSpec& table, std::size_t steps_done) {
  std::string trail = fmt::format("building table '{}': from {}", table.name, table.from);
  for (std::size_t i = 0; i < steps_done; ++i) {
    trail += fmt::format("{} {} {}", i == 0 ? ", then" : ",", i + 1, step_text(table.steps[i]));
  }
  return trail;
}

/// `error` of one step, with where it happened and what came before.
Error step_error(const Error& error, const Pipeline& pipeline, const TableSpec& table, std::size_t index) {
  Error placed = at_place(error, pipeline.file, table.steps[index].place, describe_step(table, index));
  placed.add_context(describe_trail(table, index));
  return placed;
}

Error unknown_table(const Pipeline& pipeline, const TableSpec& reader, FilePlace place, const std::string& what,
                    const std::string& name, const std::set<std::string>& known) {
  auto later = std::ranges::find(pipeline.tables, name, &TableSpec::name);
  std::vector<std::string> names(known.begin(), known.end());
  std::string hint = name_hint(name, names, "tables and sources", 40);
  if (name == reader.name)
    hint = "a table cannot read itself; " + hint;
  else if (later != pipeline.tables.end())
    hint = fmt::format("'{}' is defined after it: move it before '{}'", name, reader.name);
  return place_error(pipeline.file, place, fmt::format("{}: unknown table or source '{}'", what, name),
                     std::move(hint));
}

}  // namespace

std::string_view step_kind(const Step& step) { return std::visit(StepName{}, step.kind); }

std::string step_text(const Step& step) { return std::visit(StepText{}, step.kind); }

std::span<std::string> other_tables(Step& step) {
  if (auto* join = std::get_if<JoinStep>(&step.kind)) return {&join->right, 1};
  if (auto* concat = std::get_if<ConcatStep>(&step.kind)) return concat->tables;
  return {};
}

std::span<const std::string> other_tables(const Step& step) {
  if (const auto* join = std::get_if<JoinStep>(&step.kind)) return {&join->right, 1};
  if (const auto* concat = std::get_if<ConcatStep>(&step.kind)) return concat->tables;
  return {};
}

NodePtr apply_step(const NodePtr& input, const Step& step, const std::vector<NodePtr>& others, std::string label) {
  return std::visit(StepBuilder(input, others, std::move(label)), step.kind);
}

void check_table_names(const Pipeline& pipeline) {
  std::set<std::string> known;
  for (const SourceSpec& source : pipeline.sources) {
    if (known.insert(source.name).second) continue;
    throw place_error(pipeline.file, {}, fmt::format("two sources have the name '{}'", source.name),
                      "rename one of them");
  }
  for (const TableSpec& table : pipeline.tables) {
    if (!known.contains(table.from)) {
      throw unknown_table(pipeline, table, table.place, fmt::format("table '{}'", table.name), table.from, known);
    }
    for (std::size_t i = 0; i < table.steps.size(); ++i) {
      for (const std::string& other : other_tables(table.steps[i])) {
        if (known.contains(other)) continue;
        throw unknown_table(pipeline, table, table.steps[i].place, describe_step(table, i), other, known);
      }
    }
    if (known.insert(table.name).second) continue;
    throw place_error(pipeline.file, table.place,
                      fmt::format("the table '{}' has the name of a source or of a table before it", table.name),
                      "rename one of them");
  }
}

std::vector<std::pair<std::string, NodePtr>> build_tables(
    const Pipeline& pipeline, const std::function<Schema(const std::string& source)>& source_schema) {
  check_table_names(pipeline);
  std::map<std::string, NodePtr> nodes;
  auto find_table = [&](const std::string& name) {
    NodePtr& node = nodes[name];
    if (!node) node = make_scan(name, source_schema(name), name);
    return node;
  };
  std::vector<std::pair<std::string, NodePtr>> tables;
  for (const TableSpec& table : pipeline.tables) {
    NodePtr node = find_table(table.from);
    for (std::size_t i = 0; i < table.steps.size(); ++i) {
      const Step& step = table.steps[i];
      try {
        std::vector<NodePtr> others;
        for (const std::string& other : other_tables(step)) others.push_back(find_table(other));
        node = apply_step(node, step, others, fmt::format("{}: {}", table.name, step_text(step)));
      } catch (const Error& error) {
        throw step_error(error, pipeline, table, i);
      }
    }
    nodes[table.name] = node;
    tables.emplace_back(table.name, node);
  }
  return tables;
}

}  // namespace headrace
