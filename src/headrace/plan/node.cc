// See node.h: how nodes are built and checked. A schema is computed here and nowhere else.
#include "headrace/plan/node.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/nearest.h"
#include "headrace/expr/aggregate.h"
#include "headrace/expr/bind.h"
#include "headrace/plan/place.h"

namespace headrace {
namespace {

NodePtr make_node(decltype(Node::kind) kind, Schema schema, std::string label) {
  return std::make_shared<const Node>(Node{std::move(kind), std::move(schema), std::move(label)});
}

Error invalid(std::string message, std::string hint) {
  return {ErrorCode::kInvalidPipeline, std::move(message), std::move(hint)};
}

std::vector<NamedExpr> all_columns(const Schema& schema) {
  std::vector<NamedExpr> columns;
  for (const Field& field : schema) columns.push_back({field.name, column(field.name)});
  return columns;
}

void check_column_name(const std::string& name) {
  if (name.empty()) throw invalid("a column has an empty name", "give it a name");
}

Field field_of(const NamedExpr& column, const Schema& input) {
  check_column_name(column.name);
  try {
    BoundExprPtr bound = headrace::bind(column.expr, input);
    if (bound->type.kind() == TypeKind::kNull) {
      throw invalid("the expression is always null and has no type", "say which type: cast(null as string)");
    }
    return {column.name, bound->type, bound->nullable};
  } catch (const Error& error) {
    throw with_prefix(error, fmt::format("column '{}'", column.name));
  }
}

/// The fields of key columns, after checking that they exist, stand there once, and have a type that can be a key.
std::vector<Field> key_fields(const Schema& schema, const std::vector<std::string>& keys) {
  std::vector<Field> fields;
  std::set<std::string_view> seen;
  for (const std::string& key : keys) {
    const Field& field = schema[schema.index_of(key)];
    if (!seen.insert(key).second)
      throw invalid(fmt::format("the key '{}' stands there twice", key), "remove one of them");
    if (field.type.is_nested()) {
      throw invalid(fmt::format("the key '{}' has the type {}", key, field.type.to_string()),
                    "keys have plain types: take parts of it, or its hash, in with_columns");
    }
    fields.push_back(field);
  }
  return fields;
}

bool adds_right_columns(JoinKind how) { return how == JoinKind::kLeft || how == JoinKind::kInner; }

Error name_clash(const std::string& name, const JoinNode& join, bool suffixed) {
  std::string from = suffixed ? fmt::format(" (with the suffix '{}')", join.suffix) : "";
  return invalid(fmt::format("the joined rows would have two columns '{}'{}", name, from),
                 "choose another suffix, or rename or drop one of them before");
}

Schema join_schema(const JoinNode& join) {
  std::vector<Field> fields = join.left->schema.fields();
  if (!adds_right_columns(join.how)) return Schema(std::move(fields));
  std::set<std::string> names;
  for (const Field& field : fields) names.insert(field.name);
  for (const Field& right : join.right->schema) {
    if (std::ranges::find(join.right_on, right.name) != join.right_on.end()) continue;
    Field field = right;
    bool suffixed = join.left->schema.find(right.name).has_value();
    if (suffixed) field.name += join.suffix;
    if (join.how == JoinKind::kLeft) field.nullable = true;
    if (!names.insert(field.name).second) throw name_clash(field.name, join, suffixed);
    fields.push_back(std::move(field));
  }
  return Schema(std::move(fields));
}

std::vector<Field> side_keys(const NodePtr& side, const std::vector<std::string>& keys, std::string_view which) {
  try {
    return key_fields(side->schema, keys);
  } catch (const Error& error) {
    throw with_prefix(error, fmt::format("keys of the {} side", which));
  }
}

/// A name for a column that exists for a join only.
std::string hidden_name(const JoinNode& join, const std::string& key, const Type& type) {
  std::string name = fmt::format("{} as {}", key, type.to_string());
  auto is_taken = [&] {
    for (const Field& field : join.right->schema) {
      if (field.name == name || field.name + join.suffix == name) return true;
    }
    return join.left->schema.find(name).has_value();
  };
  while (is_taken()) name += "'";
  return name;
}

/// Makes the types of both sides' keys equal. The right key becomes the cast one, as it leaves the rows anyway; a left
/// key that must be cast gets a copy of its own, as the column keeps its type in the result.
void equalise_key_types(JoinNode& join, const std::string& label) {
  std::vector<Field> left_keys = side_keys(join.left, join.left_on, "left");
  std::vector<Field> right_keys = side_keys(join.right, join.right_on, "right");
  std::vector<NamedExpr> left_casts, right_casts;
  for (std::size_t i = 0; i < left_keys.size(); ++i) {
    const Field& left = left_keys[i];
    const Field& right = right_keys[i];
    Type common = common_type(left.type, right.type);
    if (common.kind() == TypeKind::kNull) {
      throw invalid(fmt::format("the keys '{}' ({}) and '{}' ({}) have no common type", left.name,
                                left.type.to_string(), right.name, right.type.to_string()),
                    fmt::format("cast one of them in a step before: with_columns: {{{0}: cast({0} as {1})}}", left.name,
                                right.type.to_string()));
    }
    if (right.type != common) right_casts.push_back({right.name, cast(column(right.name), common)});
    if (left.type != common) {
      std::string name = hidden_name(join, left.name, common);
      left_casts.push_back({name, cast(column(left.name), common)});
      join.left_on[i] = name;
    }
  }
  if (!left_casts.empty()) join.left = make_with_columns(join.left, std::move(left_casts), label);
  if (!right_casts.empty()) join.right = make_with_columns(join.right, std::move(right_casts), label);
}

Error missing_column(const std::string& name, const std::vector<NodePtr>& inputs, std::size_t index) {
  std::string where = index == 0 ? "the rows so far" : fmt::format("'{}'", inputs[index]->label);
  return invalid(
      fmt::format("{} have no column '{}', which the others have", where, name),
      name_hint(name, inputs[index]->schema.names(), "columns") + "; or fill_missing: true, and it is null there");
}

/// The columns of concatenated rows: those of the first input, then those that others have beside them.
std::vector<Field> concat_fields(const std::vector<NodePtr>& inputs, bool fill_missing) {
  std::vector<Field> fields = inputs[0]->schema.fields();
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    for (const Field& field : inputs[i]->schema) {
      auto known = std::ranges::find(fields, field.name, &Field::name);
      if (known == fields.end()) {
        if (!fill_missing) throw missing_column(field.name, inputs, 0);
        fields.push_back(field);
        continue;
      }
      Type common = common_type(known->type, field.type);
      if (common.kind() == TypeKind::kNull && known->type.kind() != TypeKind::kNull) {
        throw invalid(fmt::format("the column '{}' is {} here and {} in '{}', which have no common type", field.name,
                                  known->type.to_string(), field.type.to_string(), inputs[i]->label),
                      fmt::format("cast one of them in a step before: with_columns: {{{0}: cast({0} as {1})}}",
                                  field.name, known->type.to_string()));
      }
      known->type = common;
    }
    if (fill_missing) continue;
    for (const Field& field : fields) {
      if (!inputs[i]->schema.find(field.name)) throw missing_column(field.name, inputs, i);
    }
  }
  return fields;
}

/// `input` with exactly these columns, cast where its own have another type, null where it has none.
NodePtr with_fields(const NodePtr& input, const std::vector<Field>& fields, const std::string& label) {
  std::vector<NamedExpr> columns;
  bool same = fields.size() == input->schema.size();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Field& field = fields[i];
    std::optional<std::size_t> index = input->schema.find(field.name);
    same = same && index == i && input->schema[i].type == field.type;
    if (!index) {
      columns.push_back({field.name, cast(literal(Value()), field.type)});
    } else if (input->schema[*index].type == field.type) {
      columns.push_back({field.name, column(field.name)});
    } else {
      columns.push_back({field.name, cast(column(field.name), field.type)});
    }
  }
  return same ? input : make_project(input, std::move(columns), label);
}

std::string list_hint(const Schema& schema) {
  std::vector<std::string> lists;
  for (const Field& field : schema) {
    if (field.type.is_list()) lists.push_back(field.name);
  }
  return lists.empty() ? "no column is of lists" : fmt::format("columns of lists: {}", fmt::join(lists, ", "));
}

}  // namespace

NodePtr make_scan(std::string source, Schema schema, std::string label) {
  return make_node(ScanNode{std::move(source), {}, {}}, std::move(schema), std::move(label));
}

NodePtr make_filter(NodePtr input, Expr predicate, std::string label) {
  BoundExprPtr bound = headrace::bind(predicate, input->schema);
  if (bound->type.kind() != TypeKind::kBool) {
    throw invalid(
        fmt::format("the condition '{}' is of type {}, expected bool", to_string(predicate), bound->type.to_string()),
        "compare it with something, such as x > 0 or x is not null");
  }
  Schema schema = input->schema;
  return make_node(FilterNode{std::move(input), std::move(predicate)}, std::move(schema), std::move(label));
}

NodePtr make_project(NodePtr input, std::vector<NamedExpr> columns, std::string label) {
  if (columns.empty()) throw invalid("no columns are left", "keep at least one");
  std::vector<Field> fields;
  for (const NamedExpr& column : columns) fields.push_back(field_of(column, input->schema));
  Schema schema(std::move(fields));
  return make_node(ProjectNode{std::move(input), std::move(columns)}, std::move(schema), std::move(label));
}

NodePtr make_with_columns(NodePtr input, std::vector<NamedExpr> columns, std::string label) {
  if (columns.empty()) throw invalid("with_columns has no columns", "add one, or remove the step");
  std::vector<NamedExpr> all = all_columns(input->schema);
  for (NamedExpr& column : columns) {
    std::optional<std::size_t> index = input->schema.find(column.name);
    if (index)
      all[*index].expr = std::move(column.expr);
    else
      all.push_back(std::move(column));
  }
  return make_project(std::move(input), std::move(all), std::move(label));
}

NodePtr make_join(JoinNode join, std::string label) {
  if (join.left_on.empty()) throw invalid("a join has no keys", "name the key columns of both sides");
  if (join.left_on.size() != join.right_on.size()) {
    throw invalid(
        fmt::format("a join has {} keys on the left and {} on the right", join.left_on.size(), join.right_on.size()),
        "name as many columns on both sides");
  }
  Schema left_schema = join.left->schema;
  Schema schema = join_schema(join);
  equalise_key_types(join, label);
  bool has_hidden_keys = join.left->schema.size() != left_schema.size();
  Schema joined = join_schema(join);
  NodePtr node = make_node(std::move(join), std::move(joined), label);
  return has_hidden_keys ? make_project(std::move(node), all_columns(schema), std::move(label)) : node;
}

NodePtr make_aggregate(NodePtr input, std::vector<std::string> keys, std::vector<NamedExpr> aggregates,
                       std::string label) {
  if (keys.empty() && aggregates.empty()) throw invalid("group_by has neither keys nor aggregates", "add one of them");
  std::vector<Field> fields = key_fields(input->schema, keys);
  for (const NamedExpr& aggregate : aggregates) {
    check_column_name(aggregate.name);
    try {
      BoundAggregate bound = bind_aggregate(aggregate.expr, input->schema);
      bool counts = bound.function->name == "count" || bound.function->name == "count_distinct";
      fields.push_back({aggregate.name, bound.result, !counts});
    } catch (const Error& error) {
      throw with_prefix(error, fmt::format("aggregate '{}'", aggregate.name));
    }
  }
  Schema schema(std::move(fields));
  return make_node(AggregateNode{std::move(input), std::move(keys), std::move(aggregates)}, std::move(schema),
                   std::move(label));
}

NodePtr make_deduplicate(DeduplicateNode deduplicate, std::string label) {
  const Schema& schema = deduplicate.input->schema;
  if (deduplicate.keys.empty())
    throw invalid("deduplicate has no keys", "name the columns that rows are told apart by");
  if (deduplicate.order_by.empty() != deduplicate.any_order) {
    throw invalid(deduplicate.any_order ? "deduplicate has both order_by and any_order"
                                        : "deduplicate does not say which of several rows stays",
                  "give order_by: the columns by which the first row stays; or any_order: true when any row will do");
  }
  key_fields(schema, deduplicate.keys);
  try {
    key_fields(schema, deduplicate.order_by);
  } catch (const Error& error) {
    throw with_prefix(error, "order_by");
  }
  deduplicate.ties = deduplicate.any_order ? std::vector<std::string>{} : schema.names();
  Schema same = schema;
  return make_node(std::move(deduplicate), std::move(same), std::move(label));
}

NodePtr make_sort(NodePtr input, std::vector<SortColumn> order, std::string label) {
  if (order.empty())
    throw invalid("sort has no columns", "name the columns to sort by, such as: sort: [user, time desc]");
  std::vector<std::string> names;
  for (const SortColumn& column : order) names.push_back(column.name);
  key_fields(input->schema, names);
  Schema schema = input->schema;
  return make_node(SortNode{std::move(input), std::move(order)}, std::move(schema), std::move(label));
}

NodePtr make_limit(NodePtr input, std::int64_t rows, std::int64_t offset, std::string label) {
  if (rows < 0 || offset < 0) {
    throw invalid(fmt::format("{} of a limit is negative: {}", rows < 0 ? "rows" : "offset", rows < 0 ? rows : offset),
                  "a limit counts from the first row: give 0 or more");
  }
  Schema schema = input->schema;
  return make_node(LimitNode{std::move(input), rows, offset}, std::move(schema), std::move(label));
}

NodePtr make_concat(std::vector<NodePtr> inputs, bool fill_missing, std::string label) {
  if (inputs.size() < 2) throw invalid("concat has no other table", "name the tables whose rows come behind");
  std::vector<Field> fields = concat_fields(inputs, fill_missing);
  for (NodePtr& input : inputs) input = with_fields(input, fields, label);
  for (Field& field : fields) {
    field.nullable = std::ranges::any_of(
        inputs, [&](const NodePtr& input) { return input->schema[input->schema.index_of(field.name)].nullable; });
  }
  return make_node(ConcatNode{std::move(inputs)}, Schema(std::move(fields)), std::move(label));
}

NodePtr make_explode(NodePtr input, std::vector<std::string> columns, bool keep_empty, std::string label) {
  if (columns.empty()) throw invalid("explode has no columns", "name a column of lists");
  std::vector<Field> fields = input->schema.fields();
  std::set<std::string_view> seen;
  for (const std::string& name : columns) {
    Field& field = fields[input->schema.index_of(name)];
    if (!seen.insert(name).second) {
      throw invalid(fmt::format("the column '{}' stands there twice", name), "remove one of them");
    }
    if (!field.type.is_list()) {
      throw invalid(fmt::format("explode wants lists, and '{}' has the type {}", name, field.type.to_string()),
                    list_hint(input->schema));
    }
    field = {field.name, field.type.element(), true};
  }
  return make_node(ExplodeNode{std::move(input), std::move(columns), keep_empty}, Schema(std::move(fields)),
                   std::move(label));
}

std::vector<NodePtr> inputs_of(const Node& node) {
  struct Inputs {
    std::vector<NodePtr> operator()(const ScanNode&) const { return {}; }
    std::vector<NodePtr> operator()(const FilterNode& filter) const { return {filter.input}; }
    std::vector<NodePtr> operator()(const ProjectNode& project) const { return {project.input}; }
    std::vector<NodePtr> operator()(const JoinNode& join) const { return {join.left, join.right}; }
    std::vector<NodePtr> operator()(const AggregateNode& aggregate) const { return {aggregate.input}; }
    std::vector<NodePtr> operator()(const DeduplicateNode& deduplicate) const { return {deduplicate.input}; }
    std::vector<NodePtr> operator()(const SortNode& sort) const { return {sort.input}; }
    std::vector<NodePtr> operator()(const LimitNode& limit) const { return {limit.input}; }
    std::vector<NodePtr> operator()(const ConcatNode& concat) const { return concat.inputs; }
    std::vector<NodePtr> operator()(const ExplodeNode& explode) const { return {explode.input}; }
  };
  return std::visit(Inputs{}, node.kind);
}

std::string_view kind_name(const Node& node) {
  struct Name {
    std::string_view operator()(const ScanNode&) const { return "scan"; }
    std::string_view operator()(const FilterNode&) const { return "filter"; }
    std::string_view operator()(const ProjectNode&) const { return "project"; }
    std::string_view operator()(const JoinNode&) const { return "join"; }
    std::string_view operator()(const AggregateNode&) const { return "aggregate"; }
    std::string_view operator()(const DeduplicateNode&) const { return "deduplicate"; }
    std::string_view operator()(const SortNode&) const { return "sort"; }
    std::string_view operator()(const LimitNode&) const { return "limit"; }
    std::string_view operator()(const ConcatNode&) const { return "concat"; }
    std::string_view operator()(const ExplodeNode&) const { return "explode"; }
  };
  return std::visit(Name{}, node.kind);
}

}  // namespace headrace
