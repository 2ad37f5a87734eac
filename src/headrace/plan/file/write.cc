// to_yaml(): the pipeline as a person would write it. Keys with their default values are left out.
#include <filesystem>

#include <fmt/format.h>

#include "headrace/plan/file/read.h"
#include "headrace/plan/file/yaml_text.h"
#include "headrace/plan/pipeline_file.h"

namespace headrace {
namespace {

/// Writes a pipeline section by section. All members return YAML.
class Writer {
 public:
  explicit Writer(const Pipeline& pipeline) : pipeline_(pipeline) {}

  static std::string write_step(const Step& step) {
    YamlMap map;
    std::visit(StepWriter{map}, step.kind);
    return map.block().substr(1) + "\n";
  }

  std::string write_source(const SourceSpec& source) const { return source_map(source).block(); }

  std::string write() const {
    YamlMap root;
    root.add("version", "1");
    root.add("name", yaml_string(pipeline_.name));
    add_parameters(root);
    add_store(root);
    YamlMap sources, tables;
    for (const SourceSpec& source : pipeline_.sources) sources.add(source.name, write_source(source));
    for (const TableSpec& table : pipeline_.tables) tables.add(table.name, write_table(table));
    root.add("sources", sources.block());
    root.add("tables", tables.block());
    add_sections(root);
    return root.block().substr(1) + "\n";
  }

  std::string write_sections() const {
    YamlMap root;
    add_sections(root);
    return root.empty() ? "{}\n" : root.block().substr(1) + "\n";
  }

 private:
  static std::string write_strings(const std::vector<std::string>& strings) {
    std::vector<std::string> items;
    for (const std::string& text : strings) items.push_back(yaml_string(text));
    return items.size() == 1 ? items[0] : yaml_flow_list(items);
  }
  static std::string write_expr(const Expr& expr) { return yaml_string(to_string(expr)); }
  static YamlMap write_exprs(const std::vector<NamedExpr>& columns) {
    YamlMap map;
    for (const NamedExpr& column : columns) map.add(column.name, write_expr(column.expr));
    return map;
  }

  /// `path` as seen from the folder of the file, so that reading joins it to the same path again.
  std::string write_path(const std::string& path) const {
    std::filesystem::path folder = std::filesystem::path(pipeline_.file).parent_path().lexically_normal();
    std::filesystem::path whole(path);
    bool stays = folder.empty() || path.find("://") != std::string::npos || whole.is_absolute() != folder.is_absolute();
    if (stays) return yaml_string(path);
    std::string relative = whole.lexically_relative(folder).generic_string();
    return yaml_string(relative.empty() ? path : relative);
  }

  void add_parameters(YamlMap& root) const {
    if (pipeline_.parameters.empty()) return;
    YamlMap parameters;
    for (const auto& [name, value] : pipeline_.parameters) parameters.add(name, yaml_value(value));
    root.add("parameters", parameters.flow());
  }

  /// Credentials, which a caller may have set, are left out.
  void add_store(YamlMap& root) const {
    const StorageOptions& options = pipeline_.storage;
    const StorageOptions defaults;
    YamlMap store;
    if (!options.endpoint.empty()) store.add("endpoint", yaml_string(options.endpoint));
    if (!options.region.empty()) store.add("region", yaml_string(options.region));
    if (!options.scheme.empty()) store.add("scheme", yaml_string(options.scheme));
    if (options.anonymous) store.add("anonymous", "true");
    if (options.connect_timeout != defaults.connect_timeout) {
      store.add("connect_timeout", yaml_value(Value::float64(options.connect_timeout)));
    }
    if (options.request_timeout != defaults.request_timeout) {
      store.add("request_timeout", yaml_value(Value::float64(options.request_timeout)));
    }
    if (!store.empty()) root.add("storage_options", store.block());
  }

  static void add_rule(const ColumnRule& rule, YamlMap& map) {
    if (!rule.nullable) map.add("nullable", "false");
    if (rule.min) map.add("min", yaml_value(*rule.min));
    if (rule.max) map.add("max", yaml_value(*rule.max));
    if (rule.allowed.empty()) return;
    std::vector<std::string> allowed;
    for (const Value& value : rule.allowed) allowed.push_back(yaml_value(value));
    map.add("allowed", yaml_flow_list(allowed));
  }

  YamlMap source_map(const SourceSpec& source) const {
    YamlMap map;
    std::vector<std::string> paths;
    for (const std::string& path : source.paths) paths.push_back(write_path(path));
    map.add("path", paths.size() == 1 ? paths[0] : yaml_flow_list(paths));
    if (!source.format.empty()) map.add("format", yaml_string(source.format));
    const CsvOptions defaults;
    auto add_character = [&](std::string_view key, char character, char fallback) {
      if (character == fallback) return;
      map.add(key, yaml_string(character == '\0' ? std::string_view() : std::string_view(&character, 1)));
    };
    add_character("delimiter", source.csv.delimiter, defaults.delimiter);
    add_character("quote", source.csv.quote, defaults.quote);
    if (!source.csv.header) map.add("header", "false");
    if (source.csv.null_values != defaults.null_values) {
      std::vector<std::string> values;
      for (const std::string& text : source.csv.null_values) values.push_back(yaml_string(text));
      map.add("null_values", yaml_flow_list(values));
    }
    if (source.on_error != OnError::kFail) map.add("on_error", std::string(on_error_name(source.on_error)));
    YamlMap partition_columns;
    for (const Field& field : source.partition_columns) {
      partition_columns.add(field.name, yaml_string(field.type.to_string()));
    }
    if (!partition_columns.empty()) map.add("partition_columns", partition_columns.flow());
    YamlMap schema;
    for (const Field& field : source.declared) schema.add(field.name, write_column(source, field));
    if (!schema.empty()) map.add("schema", schema.block());
    return map;
  }

  static std::string write_column(const SourceSpec& source, const Field& field) {
    YamlMap map;
    map.add("type", yaml_string(field.type.to_string()));
    for (const ColumnRule& rule : source.rules) {
      if (rule.column != field.name) continue;
      add_rule(rule, map);
      return map.flow();
    }
    return yaml_string(field.type.to_string());
  }

  static std::string write_table(const TableSpec& table) {
    YamlMap map;
    map.add("from", yaml_string(table.from));
    std::vector<YamlMap> steps;
    for (const Step& step : table.steps) std::visit(StepWriter{steps.emplace_back()}, step.kind);
    if (!steps.empty()) map.add("steps", yaml_block_list(steps));
    return map.block();
  }

  struct StepWriter {
    YamlMap& map;

    void operator()(const FilterStep& filter) const {
      if (filter.name.empty()) return map.add("filter", write_expr(filter.predicate));
      YamlMap named;
      named.add("where", write_expr(filter.predicate));
      named.add("name", yaml_string(filter.name));
      map.add("filter", named.flow());
    }
    void operator()(const WithColumnsStep& step) const { map.add("with_columns", write_exprs(step.columns).block()); }
    void operator()(const SelectStep& select) const {
      std::vector<std::string> names;
      for (const NamedExpr& column : select.columns) {
        const auto* ref = std::get_if<ColumnRef>(&column.expr->kind);
        if (ref == nullptr || ref->name != column.name) return map.add("select", write_exprs(select.columns).block());
        names.push_back(yaml_string(column.name));
      }
      map.add("select", yaml_flow_list(names));
    }
    void operator()(const DropStep& drop) const { map.add("drop", write_strings(drop.columns)); }
    void operator()(const RenameStep& rename) const {
      YamlMap names;
      for (const auto& [from, to] : rename.names) names.add(from, yaml_string(to));
      map.add("rename", names.flow());
    }
    void operator()(const JoinStep& join) const {
      YamlMap keys;
      keys.add("right", yaml_string(join.right));
      if (join.left_on == join.right_on) {
        keys.add("on", write_strings(join.left_on));
      } else {
        keys.add("left_on", write_strings(join.left_on));
        keys.add("right_on", write_strings(join.right_on));
      }
      const JoinStep defaults;
      if (join.how != defaults.how) keys.add("how", std::string(join_kind_name(join.how)));
      if (join.suffix != defaults.suffix) keys.add("suffix", yaml_string(join.suffix));
      if (join.right_unique) keys.add("validate", "'m:1'");
      map.add("join", keys.flow());
    }
    void operator()(const GroupByStep& group_by) const {
      YamlMap keys;
      if (!group_by.keys.empty()) keys.add("keys", write_strings(group_by.keys));
      if (!group_by.aggregates.empty()) keys.add("aggregates", write_exprs(group_by.aggregates).block());
      map.add("group_by", keys.empty() ? "{}" : keys.block());
    }
    void operator()(const DeduplicateStep& deduplicate) const {
      YamlMap keys;
      keys.add("keys", write_strings(deduplicate.keys));
      if (!deduplicate.order_by.empty()) keys.add("order_by", write_strings(deduplicate.order_by));
      if (deduplicate.keep == Keep::kLast) keys.add("keep", "last");
      if (deduplicate.any_order) keys.add("any_order", "true");
      map.add("deduplicate", keys.flow());
    }
    void operator()(const SortStep& sort) const {
      std::vector<std::string> columns;
      for (const SortColumn& column : sort.order) columns.push_back(to_string(column));
      map.add("sort", write_strings(columns));
    }
    void operator()(const LimitStep& limit) const {
      std::string rows = yaml_value(Value::int64(limit.rows));
      if (limit.offset == 0) return map.add("limit", rows);
      YamlMap keys;
      keys.add("rows", rows);
      keys.add("offset", yaml_value(Value::int64(limit.offset)));
      map.add("limit", keys.flow());
    }
    void operator()(const ConcatStep& concat) const {
      if (!concat.fill_missing) return map.add("concat", write_strings(concat.tables));
      YamlMap keys;
      keys.add("tables", write_strings(concat.tables));
      keys.add("fill_missing", "true");
      map.add("concat", keys.flow());
    }
    void operator()(const ExplodeStep& explode) const {
      if (explode.keep_empty) return map.add("explode", write_strings(explode.columns));
      YamlMap keys;
      keys.add("columns", write_strings(explode.columns));
      keys.add("keep_empty", "false");
      map.add("explode", keys.flow());
    }
  };

  static std::string write_contract(const ContractSpec& contract) {
    YamlMap map, columns, rows;
    map.add("table", yaml_string(contract.table));
    for (const ContractSpec::ColumnPromise& promise : contract.columns) {
      YamlMap column;
      if (promise.type) column.add("type", yaml_string(promise.type->to_string()));
      add_rule(promise.rule, column);
      columns.add(promise.rule.column, column.flow());
    }
    for (const ContractSpec::RowPromise& promise : contract.rows) rows.add(promise.name, write_expr(promise.predicate));
    if (!columns.empty()) map.add("columns", columns.block());
    if (!rows.empty()) map.add("rows", rows.block());
    return map.block();
  }

  void add_features(YamlMap& root) const {
    std::vector<YamlMap> features;
    for (const FeatureSpec& feature : pipeline_.features) features.push_back(write_feature(feature));
    bool from_last = pipeline_.tables.empty() || pipeline_.feature_table == pipeline_.tables.back().name;
    if (from_last) {
      if (!features.empty()) root.add("features", yaml_block_list(features));
      return;
    }
    YamlMap map;
    map.add("table", yaml_string(pipeline_.feature_table));
    map.add("columns", features.empty() ? "[]" : yaml_block_list(features));
    root.add("features", map.block());
  }

  static YamlMap write_feature(const FeatureSpec& feature) {
    YamlMap map;
    map.add("name", yaml_string(feature.name));
    std::vector<std::string> inputs;
    for (const Expr& input : feature.inputs) inputs.push_back(write_expr(input));
    bool is_default = inputs.size() == 1 && same_expr(feature.inputs[0], column(feature.name));
    if (!is_default) map.add("from", inputs.size() == 1 ? inputs[0] : yaml_flow_list(inputs));
    if (feature.role != FeatureSpec{}.role) map.add("role", yaml_string(feature.role));
    std::vector<std::string> transforms;
    for (const TransformSpec& transform : feature.transforms) {
      YamlMap parameters, named;
      for (const auto& [name, value] : transform.parameters) parameters.add(name, yaml_value(value));
      named.add(transform.name, parameters.flow());
      transforms.push_back(parameters.empty() ? yaml_string(transform.name) : named.flow());
    }
    if (!transforms.empty()) map.add("transforms", yaml_flow_list(transforms));
    if (feature.dtype) map.add("dtype", yaml_string(feature.dtype->to_string()));
    return map;
  }

  static std::string write_split(const SplitSpec& split) {
    YamlMap map, parts;
    if (const auto* hash = std::get_if<SplitSpec::ByHash>(&split.kind)) {
      map.add("hash", write_expr(hash->key));
      if (!hash->salt.empty()) map.add("salt", yaml_string(hash->salt));
      for (const auto& [name, share] : hash->shares) parts.add(name, yaml_value(Value::float64(share)));
    } else {
      const auto& conditions = std::get<SplitSpec::ByPredicate>(split.kind).parts;
      for (std::size_t i = 0; i < conditions.size(); ++i) {
        const auto& [name, condition] = conditions[i];
        bool is_rest = i + 1 == conditions.size() && same_expr(condition, literal(Value::boolean(true)));
        parts.add(name, is_rest ? "rest" : write_expr(condition));
      }
    }
    map.add("parts", parts.block());
    if (split.fit_part != SplitSpec{}.fit_part) map.add("fit", yaml_string(split.fit_part));
    return map.block();
  }

  void add_sections(YamlMap& root) const {
    if (pipeline_.contract) root.add("contract", write_contract(*pipeline_.contract));
    add_features(root);
    if (pipeline_.split) root.add("split", write_split(*pipeline_.split));
    add_outputs(root);
  }

  static void add_layout(const ShardLayout& layout, YamlMap& map) {
    auto add_list = [&](std::string_view key, const std::vector<std::string>& names) {
      std::vector<std::string> texts;
      for (const std::string& name : names) texts.push_back(yaml_string(name));
      if (!texts.empty()) map.add(key, yaml_flow_list(texts));
    };
    add_list("partition_by", layout.order.partition_by);
    std::vector<std::string> sort_by;
    for (const SortColumn& column : layout.order.sort_by) sort_by.push_back(to_string(column));
    add_list("sort_by", sort_by);
    if (layout.order.shuffle) {
      map.add("shuffle", yaml_value(Value::int64(static_cast<std::int64_t>(*layout.order.shuffle))));
    }
    if (layout.shards > 0) {
      map.add("shards", yaml_value(Value::int64(layout.shards)));
    } else if (layout.shard_bytes > 0) {
      map.add("shard_bytes", yaml_value(Value::int64(layout.shard_bytes)));
    } else if (layout.rows_per_shard != ShardLayout().rows_per_shard) {
      map.add("rows_per_shard", yaml_value(Value::int64(layout.rows_per_shard)));
    }
  }

  void add_outputs(YamlMap& root) const {
    std::vector<YamlMap> outputs;
    for (const OutputSpec& output : pipeline_.outputs) {
      YamlMap map;
      map.add("path", write_path(output.path));
      map.add("format", yaml_string(output.format));
      if (!output.compression.empty()) map.add("compression", yaml_string(output.compression));
      if (output.petastorm) map.add("petastorm", "true");
      YamlMap images;
      for (const auto& [column, codec] : output.images) images.add(column, yaml_string(codec));
      if (!images.empty()) map.add("images", images.flow());
      const OutputSpec defaults;
      if (output.mode != defaults.mode) map.add("mode", std::string(write_mode_name(output.mode)));
      add_layout(output.layout, map);
      if (output.row_group_rows != defaults.row_group_rows) {
        map.add("row_group_rows", yaml_value(Value::int64(output.row_group_rows)));
      }
      if (output.index) map.add("index", "true");
      outputs.push_back(std::move(map));
    }
    if (!outputs.empty()) root.add("outputs", yaml_block_list(outputs));
    add_path(root, "state", pipeline_.state_path, "state");
    add_path(root, "quarantine", pipeline_.quarantine_path, "quarantine");
    add_path(root, "report", pipeline_.report_path, "run.json");
  }

  void add_path(YamlMap& root, std::string_view key, const std::string& path, std::string_view name) const {
    bool is_default = !pipeline_.outputs.empty() && path == sibling_path(pipeline_.outputs[0].path, name);
    if (!path.empty() && !is_default) root.add(key, write_path(path));
  }

  const Pipeline& pipeline_;
};

}  // namespace

std::string to_yaml(const Pipeline& pipeline) { return Writer(pipeline).write(); }

namespace {

/// Pieces of a file have no parameters, so that nothing is to be escaped in them.
std::string without_escapes(std::string text) {
  for (std::size_t at = text.find("$${"); at != std::string::npos; at = text.find("$${", at + 2)) text.erase(at, 1);
  return text;
}

}  // namespace

std::string sections_yaml(const Pipeline& pipeline) { return without_escapes(Writer(pipeline).write_sections()); }

std::string to_yaml(const Step& step) { return without_escapes(Writer::write_step(step)); }

std::string to_yaml(const SourceSpec& source) {
  Pipeline pipeline;
  return without_escapes(Writer(pipeline).write_source(source).substr(1) + "\n");
}

}  // namespace headrace
