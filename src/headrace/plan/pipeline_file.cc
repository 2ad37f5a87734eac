// See pipeline_file.h. A file is read in four passes: syntax (config.h), parameters (parameters.h), keys and kinds of
// values by the table (key_type.h), and meaning, section by section (read.h). Each pass may rely on those before it.
#include "headrace/plan/pipeline_file.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "headrace/base/nearest.h"
#include "headrace/plan/file/config.h"
#include "headrace/plan/file/key_type.h"
#include "headrace/plan/file/parameters.h"
#include "headrace/plan/file/read.h"

namespace headrace {
namespace {

constexpr std::int64_t kLanguageVersion = 1;

/// Leaves out places that tell a reader nothing: those in a text that was made by a program.
void forget_places(ConfigNode& node) {
  node.place = {};
  for (ConfigNode& item : node.items) forget_places(item);
  for (ConfigEntry& entry : node.entries) {
    entry.place = {};
    forget_places(entry.value);
  }
}

void check_version(const ReadFile& file, const ConfigNode& root) {
  const ConfigNode& version = *root.find("version");
  if (version.scalar.as_int() == kLanguageVersion) return;
  file.fail(version.place,
            fmt::format("the file is of version {}, this program reads version {}", version.text, kLanguageVersion),
            "version: 1");
}

void read_sources_and_tables(const ReadFile& file, const ConfigNode& root, Pipeline& pipeline) {
  const ConfigNode& sources = *root.find("sources");
  const ConfigNode& tables = *root.find("tables");
  if (sources.entries.empty())
    file.fail(sources.place, "there are no sources", "for example: {flights: {path: data/flights.csv}}");
  if (tables.entries.empty()) file.fail(tables.place, "there are no tables", "for example: {rows: {from: flights}}");
  for (const ConfigEntry& entry : sources.entries) {
    check_name(file, entry.key, entry.place, "a source");
    pipeline.sources.push_back(read_source(file, entry.key, entry.value));
  }
  for (const ConfigEntry& entry : tables.entries) {
    check_name(file, entry.key, entry.place, "a table");
    if (const ConfigNode* source = sources.find(entry.key)) {
      file.fail(entry.place, fmt::format("the table '{}' has the name of a source", entry.key),
                fmt::format("the source is in line {}; rename one of them", source->place.line));
    }
    pipeline.tables.push_back(read_table(file, entry));
  }
  check_table_names(pipeline);
}

/// Checks a name that must be a table's. Sources are named in the hint, as making a table of one is all that is
/// missing.
void check_is_table(const ReadFile& file, const Pipeline& pipeline, const std::string& name, FilePlace place,
                    std::string_view what) {
  std::vector<std::string> tables;
  for (const TableSpec& table : pipeline.tables) tables.push_back(table.name);
  if (std::ranges::find(tables, name) != tables.end()) return;
  bool is_source = std::ranges::find(pipeline.sources, name, &SourceSpec::name) != pipeline.sources.end();
  file.fail(place, fmt::format("{} of the unknown table '{}'", what, name),
            is_source ? fmt::format("'{}' is a source; make a table of it: {}_rows: {{from: {}}}", name, name, name)
                      : name_hint(name, tables, "tables"));
}

void read_contract_section(const ReadFile& file, const ConfigNode& root, Pipeline& pipeline) {
  const ConfigNode* node = root.find("contract");
  if (node == nullptr) return;
  pipeline.contract = read_contract(file, *node);
  check_is_table(file, pipeline, pipeline.contract->table, node->find("table")->place, "a contract");
}

void read_features_section(const ReadFile& file, const ConfigNode& root, Pipeline& pipeline) {
  pipeline.feature_table = pipeline.tables.back().name;
  const ConfigNode* node = root.find("features");
  if (node == nullptr) return;
  if (node->is_map()) {
    pipeline.feature_table = read_string(*node, "table");
    check_is_table(file, pipeline, pipeline.feature_table, node->find("table")->place, "features");
    node = node->find("columns");
  }
  std::set<std::string> names;
  for (const ConfigNode& item : node->items) {
    FeatureSpec feature = read_feature(file, item);
    if (!names.insert(feature.name).second) {
      file.fail(item.find("name")->place, fmt::format("two features have the name '{}'", feature.name),
                "rename one, and say its column: {name: other, from: " + feature.name + "}");
    }
    pipeline.features.push_back(std::move(feature));
  }
}

void read_outputs_section(const ReadFile& file, const ConfigNode& root, Pipeline& pipeline) {
  const ConfigNode* node = root.find("outputs");
  std::set<std::string> paths;
  for (const ConfigNode& item : node != nullptr ? node->items : std::vector<ConfigNode>{}) {
    pipeline.outputs.push_back(read_output(file, item));
    if (!paths.insert(std::filesystem::path(pipeline.outputs.back().path) / "").second) {
      file.fail(item.find("path")->place, fmt::format("two outputs have the path '{}'", item.find("path")->text),
                "give each its own folder");
    }
  }
  auto read_path = [&](std::string_view key, std::string_view name) -> std::string {
    const ConfigNode* path = root.find(key);
    if (path != nullptr && path->text.empty()) file.fail(path->place, fmt::format("'{}' is an empty path", key));
    if (path != nullptr) return file.join_path(path->text, path->place);
    return pipeline.outputs.empty() ? std::string() : sibling_path(pipeline.outputs[0].path, name);
  };
  pipeline.state_path = read_path("state", "state");
  pipeline.quarantine_path = read_path("quarantine", "quarantine");
  pipeline.report_path = read_path("report", "run.json");
}

void read_what_is_made_of_tables(const ReadFile& file, const ConfigNode& root, Pipeline& pipeline) {
  read_contract_section(file, root, pipeline);
  read_features_section(file, root, pipeline);
  if (const ConfigNode* split = root.find("split")) pipeline.split = read_split(file, *split);
  read_outputs_section(file, root, pipeline);
}

/// The tree of a piece of a pipeline that is no file, checked.
ConfigNode parse_section(std::string_view yaml, std::string_view section) {
  ConfigNode root = parse_config(yaml, "");
  forget_places(root);
  check_section(root, pipeline_section(section), "");
  return root;
}

}  // namespace

Step parse_step(std::string_view yaml) { return read_step({}, parse_section(yaml, "step")); }

SourceSpec parse_source(std::string_view yaml, const std::string& name) {
  ReadFile file;
  check_name(file, name, {}, "a source");
  return read_source(file, name, parse_section(yaml, "source"));
}

Pipeline parse_pipeline(std::string_view yaml, const std::string& file_name,
                        const std::map<std::string, std::string>& set) {
  ReadFile file{file_name};
  ConfigNode root = parse_config(yaml, file_name);
  if (!root.is_map()) file.fail(root.place, "the file is " + describe(root) + ", expected a map", "version: 1");
  Parameters parameters = read_parameters(root, set, file_name);
  substitute_parameters(root, parameters, file_name);
  refuse_secrets(file, root);
  check_section(root, pipeline_section("pipeline"), file_name);
  check_version(file, root);

  Pipeline pipeline;
  pipeline.file = file_name;
  pipeline.name = read_string(root, "name");
  check_name(file, pipeline.name, root.find("name")->place, "a pipeline");
  for (const auto& [name, parameter] : parameters) pipeline.parameters[name] = parameter.value;
  if (const ConfigNode* store = root.find("storage_options")) pipeline.storage = read_store(file, *store);
  read_sources_and_tables(file, root, pipeline);
  read_what_is_made_of_tables(file, root, pipeline);
  return pipeline;
}

void add_sections(Pipeline& pipeline, std::string_view yaml) {
  ConfigNode root = parse_config(yaml, pipeline.file);
  forget_places(root);
  check_section_keys(root, pipeline_section("pipeline"), pipeline.file);
  for (std::string_view key : {"version", "name", "parameters", "storage_options", "sources", "tables"}) {
    if (const ConfigNode* node = root.find(key)) {
      ReadFile{pipeline.file}.fail(node->place, fmt::format("'{}' of the pipeline is given already", key));
    }
  }
  read_what_is_made_of_tables({pipeline.file}, root, pipeline);
}

}  // namespace headrace
