// See prepare.h.
#include "headrace/frame/prepare.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/nearest.h"
#include "headrace/exec/contract_check.h"
#include "headrace/exec/order_rows.h"
#include "headrace/exec/split_rows.h"
#include "headrace/plan/node.h"
#include "headrace/plan/place.h"

namespace headrace {
namespace {

void add_names(std::vector<std::string>& names, const std::vector<std::string>& more) {
  for (const std::string& name : more) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
}

/// A project of `node` to the named columns, in the order of its schema.
NodePtr narrow(const NodePtr& node, const std::vector<std::string>& names, const std::string& label) {
  for (const std::string& name : names) node->schema.index_of(name);
  std::vector<NamedExpr> columns;
  for (const Field& field : node->schema) {
    if (std::find(names.begin(), names.end(), field.name) != names.end()) {
      columns.push_back({field.name, column(field.name)});
    }
  }
  return make_project(node, std::move(columns), label);
}

/// Adds the largest parts of `expr` that are reductions to `reductions`, with names, and the columns that the rest
/// reads to `read`.
void collect_reductions(const Expr& expr, const Schema& table, std::vector<std::pair<Expr, std::string>>& reductions,
                        std::vector<std::string>& read) {
  if (is_reduction(expr, table)) {
    bool is_known = std::ranges::any_of(reductions, [&](const auto& known) { return same_expr(known.first, expr); });
    if (!is_known) reductions.emplace_back(expr, fmt::format("feature#{}", reductions.size() + 1));
    return;
  }
  if (const auto* node = std::get_if<Call>(&expr->kind)) {
    for (const Expr& arg : node->args) collect_reductions(arg, table, reductions, read);
  } else {
    collect_columns(expr, read);
  }
}

/// "checking the split at p.yaml:12:7", or less of it when the place is unknown.
std::string checking(std::string_view what, const Pipeline& pipeline, FilePlace place) {
  std::string where = format_place(pipeline.file, place);
  return fmt::format("checking the {}{}{}", what, where.empty() ? "" : " at ", where);
}

}  // namespace

PreparedPipeline::PreparedPipeline(const Pipeline& the_pipeline, std::shared_ptr<FileSystem> fs,
                                   const RunContext& context, const MemorySources& memory_sources)
    : pipeline(the_pipeline) {
  open_sources(std::move(fs), context, memory_sources);
  tables = build_tables(pipeline, [&](const std::string& source) { return readers.at(source)->schema(); });
  if (pipeline.outputs.empty() && pipeline.features.empty()) return;
  make_roots(table(pipeline.feature_table)->schema, nullptr);
  check_outputs();
}

PreparedPipeline::PreparedPipeline(const Pipeline& the_pipeline, const Schema& table_schema,
                                   std::shared_ptr<FileSystem> fs, const RunContext& context,
                                   const MemorySources& memory_sources)
    : pipeline(the_pipeline) {
  open_sources(std::move(fs), context, memory_sources);
  tables = build_tables(pipeline, [&](const std::string& source) { return readers.at(source)->schema(); });
  make_roots(table_schema, tables.back().second);
  check_outputs();
}

void PreparedPipeline::open_sources(std::shared_ptr<FileSystem> fs, const RunContext& context,
                                    const MemorySources& memory_sources) {
  SourceContext source_context{std::move(fs), context.memory};
  source_context.paths_start_at = "the folder of the pipeline file, that of a --set value too";
  for (const SourceSpec& source : pipeline.sources) {
    if (source.format != kMemoryFormat) {
      readers[source.name] = open_source(source, source_context);
      continue;
    }
    auto rows = memory_sources.find(source.name);
    if (rows == memory_sources.end()) {
      throw Error(ErrorCode::kInvalidPipeline,
                  fmt::format("the source '{}' is rows in memory, which are not given", source.name),
                  "run the frame that it came from, or write the rows to a file and name that");
    }
    readers[source.name] = rows->second;
  }
}

void PreparedPipeline::make_roots(const Schema& table_schema, const NodePtr& ready_root) {
  feature_table = table_schema;
  features = std::make_unique<FeatureSet>(feature_set_of(pipeline, feature_table));

  std::vector<std::string> columns;  // that others than features read
  if (pipeline.split) {
    add_names(columns, split_columns(*pipeline.split));
    with_context([&] { return PartAssigner(pipeline.split, feature_table); },
                 [&] { return checking("split", pipeline, pipeline.split->place); });
  }
  if (pipeline.contract) {
    bool is_own_table = pipeline.contract->table == pipeline.feature_table;
    NodePtr contract_table = is_own_table ? nullptr : table(pipeline.contract->table);
    is_own_table = is_own_table || (!ready_root && contract_table == table(pipeline.feature_table));
    with_context(
        [&] {
          const Schema& schema = is_own_table ? feature_table : contract_table->schema;
          ContractCheck check(*pipeline.contract, schema, nullptr, RunContext());
          std::vector<std::string> names = contract_columns(*pipeline.contract);
          if (is_own_table) {
            add_names(columns, names);
          } else {
            contract_root = narrow(contract_table, names, pipeline.contract->table + ": contract columns");
          }
        },
        [&] { return checking("contract", pipeline, pipeline.contract->place); });
  }
  std::vector<NamedExpr> needed = precompute_reductions(columns);
  feature_root = ready_root;
  if (!feature_root) {
    feature_root =
        make_project(table(pipeline.feature_table), std::move(needed), pipeline.feature_table + ": feature columns");
  }
  unoptimized_root = feature_root;
  unoptimized_contract_root = contract_root;
  std::set<std::string> sources_by_column;
  for (const auto& [name, reader] : readers) {
    if (reader->reads_by_column()) sources_by_column.insert(name);
  }
  std::vector<NodePtr> optimized = optimize(roots(), sources_by_column);
  feature_root = optimized[0];
  if (contract_root) contract_root = optimized[1];
}

std::vector<NamedExpr> PreparedPipeline::precompute_reductions(const std::vector<std::string>& others) {
  const Schema& table = feature_table;
  std::vector<std::pair<Expr, std::string>> reductions;
  std::vector<std::string> read = others;
  for (const Expr& expr : features->unfitted_expressions()) collect_reductions(expr, table, reductions, read);
  std::vector<NamedExpr> columns;
  for (const Field& field : table) {
    if (std::ranges::find(read, field.name) != read.end()) columns.push_back({field.name, column(field.name)});
  }
  for (const auto& [expr, name] : reductions) columns.push_back({name, expr});
  for (const std::string& name : others) table.index_of(name);
  features->set_precomputed(std::move(reductions));
  return columns;
}

void PreparedPipeline::check_outputs() const {
  std::vector<Field> fields;
  for (const OutputColumn& column : features->expected_columns()) fields.push_back(column.field);
  Schema schema(std::move(fields));
  std::set<std::string> paths;
  for (const OutputSpec& output : pipeline.outputs) {
    with_context(
        [&] {
          const Format& format = format_named(output.format);
          if (format.create == nullptr) {
            throw Error(ErrorCode::kUnsupported, fmt::format("format {} cannot be written", output.format),
                        "write parquet, tfrecord, arrow, mds or csv");
          }
          check_order(output.layout.order, schema);
          check_data_set(format, schema, data_set_options(output));
          if (!paths.insert(output.path).second) {
            throw Error(ErrorCode::kInvalidPipeline, fmt::format("two outputs have the same path: {}", output.path),
                        "give each output a folder of its own");
          }
        },
        [&] { return checking("output", pipeline, output.place); });
  }
}

std::map<std::string, const SourceReader*> PreparedPipeline::reader_map() const {
  std::map<std::string, const SourceReader*> map;
  for (const auto& [name, reader] : readers) map[name] = reader.get();
  return map;
}

NodePtr PreparedPipeline::table(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto& [table_name, node] : tables) {
    if (table_name == name) return node;
    names.push_back(table_name);
  }
  auto reader = readers.find(name);
  if (reader != readers.end()) return make_scan(name, reader->second->schema(), name + " (scan)");
  for (const auto& [source, unused] : readers) names.push_back(source);
  throw Error(ErrorCode::kNotFound, fmt::format("unknown table '{}'", name),
              name_hint(name, names, "tables and sources"));
}

std::vector<NodePtr> PreparedPipeline::roots() const {
  std::vector<NodePtr> all = {feature_root};
  if (contract_root) all.push_back(contract_root);
  return all;
}

std::vector<NodePtr> PreparedPipeline::shown_roots() const {
  if (feature_root) return roots();
  return tables.empty() ? std::vector<NodePtr>() : optimize({tables.back().second});
}

DataSetOptions data_set_options(const OutputSpec& output) {
  DataSetOptions options;
  options.files.compression = output.compression;
  options.files.row_group_rows = output.row_group_rows;
  options.files.index = output.index;
  options.files.petastorm = output.petastorm;
  options.files.images = output.images;
  options.partition_by = output.layout.order.partition_by;
  options.mode = output.mode;
  return options;
}

FeatureSet feature_set_of(const Pipeline& pipeline, const Schema& table) {
  return {pipeline.features.empty() ? pass_through_features(table) : pipeline.features, table};
}

std::vector<FeatureSpec> pass_through_features(const Schema& table) {
  std::vector<FeatureSpec> specs;
  for (const Field& field : table) {
    FeatureSpec spec;
    spec.name = field.name;
    spec.role = "pass_through";
    spec.dtype = field.type;
    specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace headrace
