// See engine_plan.h.
#include "headrace/frame/engine_plan.h"

#include <set>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/expr/aggregate.h"
#include "headrace/expr/function.h"
#include "headrace/feature/canonical_json.h"
#include "headrace/frame/run_task.h"
#include "headrace/plan/pipeline_file.h"

namespace headrace {
namespace {

std::string hex_of(std::string_view bytes) {
  std::string text;
  for (char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

Json literal_json(const Value& value) {
  if (value.type.kind() == TypeKind::kBinary && !value.is_null()) return hex_of(value.as_string());
  return json_value(value);
}

Json expr_json(const BoundExpr& expr, const Schema& schema) {
  Json json = Json::object();
  switch (expr.kind) {
    case BoundExpr::Kind::kLiteral:
      json["literal"] = literal_json(expr.literal);
      json["type"] = expr.type.to_string();
      break;
    case BoundExpr::Kind::kColumn: json["column"] = schema[expr.column_index].name; break;
    case BoundExpr::Kind::kCall:
      json["call"] = expr.function->name;
      json["args"] = Json::array();
      for (const BoundExprPtr& arg : expr.args) json["args"].push_back(expr_json(*arg, schema));
      json["type"] = expr.type.to_string();
      json["fails"] = expr.can_fail;
      break;
  }
  return json;
}

Json columns_json(const Schema& schema) {
  Json json = Json::array();
  for (const Field& field : schema) {
    json.push_back({{"name", field.name}, {"type", field.type.to_string()}, {"nullable", field.nullable}});
  }
  return json;
}

std::string_view how_name(JoinKind how) {
  switch (how) {
    case JoinKind::kInner: return "inner";
    case JoinKind::kLeft: return "left";
    case JoinKind::kSemi: return "semi";
    case JoinKind::kAnti: return "anti";
  }
  return {};
}

/// What a kind of node has beside columns and inputs.
struct NodeWriter {
  Json& json;
  Fold fold;

  Json expr(const Expr& expr, const Schema& schema) const { return expr_json(*bind(expr, schema, fold), schema); }

  void operator()(const ScanNode& scan) const { json["source"] = scan.source; }
  void operator()(const FilterNode& filter) const {
    json["predicate"] = expr(filter.predicate, filter.input->schema);
    json["step"] = to_yaml(Step{FilterStep{filter.predicate, {}}, {}});
  }
  void operator()(const ProjectNode& project) const {
    Json& exprs = json["expressions"] = Json::array();
    for (const NamedExpr& column : project.columns) exprs.push_back(expr(column.expr, project.input->schema));
    json["step"] = to_yaml(Step{SelectStep{project.columns}, {}});
  }
  void operator()(const JoinNode& join) const {
    json["how"] = how_name(join.how);
    json["left_on"] = join.left_on;
    json["right_on"] = join.right_on;
    json["right_unique"] = join.right_unique;
  }
  void operator()(const AggregateNode& aggregate) const {
    json["keys"] = aggregate.keys;
    Json& calls = json["aggregates"] = Json::array();
    const Schema& schema = aggregate.input->schema;
    for (const NamedExpr& column : aggregate.aggregates) {
      BoundAggregate bound = bind_aggregate(column.expr, schema);
      Json call = {{"name", column.name}, {"function", bound.function->name}, {"type", bound.result.to_string()}};
      call["argument"] = bound.argument ? expr_json(*bound.argument, schema) : Json();
      call["argument_type"] = bound.argument ? Json(bound.arg_type.to_string()) : Json();
      calls.push_back(std::move(call));
    }
  }
  void operator()(const DeduplicateNode& deduplicate) const {
    json["keys"] = deduplicate.keys;
    json["order_by"] = deduplicate.order_by;
    json["ties"] = deduplicate.ties;
    json["keep"] = deduplicate.keep == Keep::kFirst ? "first" : "last";
    json["any_order"] = deduplicate.any_order;
  }
  void operator()(const SortNode& sort) const {
    Json& order = json["order"] = Json::array();
    for (const SortColumn& column : sort.order) {
      order.push_back({{"column", column.name}, {"descending", column.descending}});
    }
  }
  void operator()(const LimitNode& limit) const {
    json["rows"] = limit.rows;
    json["offset"] = limit.offset;
  }
  void operator()(const ConcatNode&) const {}
  void operator()(const ExplodeNode& explode) const {
    json["explode"] = explode.columns;
    json["keep_empty"] = explode.keep_empty;
  }
};

/// Nodes with their numbers, inputs before those that read them.
class Numbered {
 public:
  explicit Numbered(Fold fold) : fold_(fold) {}

  std::size_t add(const NodePtr& node) {
    auto known = ids_.find(node.get());
    if (known != ids_.end()) return known->second;
    Json inputs = Json::array();
    for (const NodePtr& input : inputs_of(*node)) inputs.push_back(add(input));
    std::size_t id = ids_.size();
    ids_[node.get()] = id;
    Json json = {{"id", id}, {"kind", kind_name(*node)}, {"label", node->label}, {"inputs", std::move(inputs)}};
    json["columns"] = columns_json(node->schema);
    with_context([&] { std::visit(NodeWriter{json, fold_}, node->kind); }, [&] { return "planning " + node->label; });
    nodes.push_back(std::move(json));
    return id;
  }

  Json nodes = Json::array();

 private:
  Fold fold_;
  std::map<const Node*, std::size_t> ids_;
};

/// Whether a row can be bad, or some value be another than the file's.
bool is_as_the_files_are(const SourceSpec& spec, const SourceReader& reader, const SourceContext& context) {
  if (spec.on_error != OnError::kFail || !spec.rules.empty() || !spec.partition_columns.empty()) return false;
  if (spec.declared.empty()) return true;
  SourceSpec plain = spec;
  plain.declared.clear();
  std::unique_ptr<SourceReader> files = open_source(plain, context);
  for (const Field& field : reader.schema()) {
    std::optional<std::size_t> index = files->schema().find(field.name);
    if (!index || files->schema()[*index].type != field.type) return false;
  }
  return true;
}

Json source_json(const SourceSpec& spec, const SourceReader& reader, const SourceContext& context) {
  Json json = Json::object();
  const Format* format = reader.files().empty() ? nullptr : format_of_path(reader.files().front().path);
  json["format"] = spec.format.empty() && format != nullptr ? std::string(format->name) : spec.format;
  json["splits"] = reader.split_count();
  json["rows"] = reader.row_count() ? Json(*reader.row_count()) : Json();
  json["columns"] = columns_json(reader.schema());
  Json& files = json["files"] = Json::array();
  for (const FileInfo& file : reader.files()) files.push_back({absolute_path(file.path), file.size_bytes});
  if (spec.format == kMemoryFormat) return json;
  // Whoever reads its part of the source takes the types for granted that were found here.
  SourceSpec settled = spec;
  for (std::string& path : settled.paths) path = absolute_path(path);
  if (settled.declared.empty() && settled.partition_columns.empty()) settled.declared = reader.schema().fields();
  json["yaml"] = to_yaml(settled);
  json["files_digest"] = files_digest(reader.files());
  json["is_plain_parquet"] = json["format"] == "parquet" && is_as_the_files_are(spec, reader, context);
  return json;
}

}  // namespace

EnginePlan::EnginePlan(const std::vector<NodePtr>& roots, const PreparedPipeline& prepared, SourceContext context,
                       Fold fold)
    : prepared_(prepared), context_(std::move(context)), fold_(fold) {
  std::set<std::string> sources;
  for (const auto& [name, reader] : prepared.readers) sources.insert(name);
  roots_ = optimize_for_engines(roots, sources);
}

std::string EnginePlan::to_json() const {
  Numbered numbered(fold_);
  Json roots = Json::array();
  for (const NodePtr& root : roots_) roots.push_back(numbered.add(root));
  Json sources = Json::object();
  for (const SourceSpec& spec : prepared_.pipeline.sources) {
    sources[spec.name] = source_json(spec, *prepared_.readers.at(spec.name), context_);
  }
  Json json = {{"nodes", std::move(numbered.nodes)}, {"roots", std::move(roots)}, {"sources", std::move(sources)}};
  return json.dump();
}

}  // namespace headrace
