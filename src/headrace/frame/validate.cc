// See validate.h.
#include "headrace/frame/validate.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "headrace/base/units.h"
#include "headrace/frame/fit.h"
#include "headrace/frame/plan_digest.h"
#include "headrace/frame/prepare.h"
#include "headrace/io/format.h"

namespace headrace {
namespace {

nlohmann::ordered_json schema_json(const Schema& schema) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const Field& field : schema) {
    json.push_back({{"name", field.name}, {"type", field.type.to_string()}, {"nullable", field.nullable}});
  }
  return json;
}

Validation::Source describe_source(const SourceSpec& spec, const SourceReader& reader) {
  Validation::Source source;
  source.name = spec.name;
  source.format = spec.format;
  source.file_count = reader.files().size();
  for (const FileInfo& file : reader.files()) source.size_bytes += file.size_bytes;
  if (source.format.empty() && !reader.files().empty()) {
    const Format* format = format_of_path(reader.files()[0].path);
    if (format != nullptr) source.format = format->name;
  }
  source.row_count = reader.row_count();
  source.inferred = spec.declared.empty() && (source.format == "csv" || source.format == "ndjson");
  source.schema = reader.schema();
  return source;
}

}  // namespace

Validation validate_pipeline(const Pipeline& pipeline, const RunOptions& options) {
  std::shared_ptr<FileSystem> fs = file_system_of(pipeline, options);
  PreparedPipeline prepared(pipeline, fs, options.context, options.memory_sources);
  Validation validation;
  for (const SourceSpec& spec : pipeline.sources) {
    validation.sources.push_back(describe_source(spec, *prepared.readers.at(spec.name)));
  }
  for (const auto& [name, node] : prepared.tables) validation.tables.push_back({name, node->schema});
  for (const FeatureSpec& feature : pipeline.features) validation.features.emplace_back(feature.name, feature.role);
  if (pipeline.contract) {
    validation.promise_count = pipeline.contract->columns.size() + pipeline.contract->rows.size();
  }
  for (const OutputSpec& output : pipeline.outputs) {
    validation.outputs.push_back(fmt::format("{} ({})", output.path, output.format));
  }
  if (!options.state_path.empty() && prepared.features) {
    prepared.features->load_state(read_state(options.state_path, *fs));
  }
  validation.plan_digest = plan_digest(prepared);
  return validation;
}

std::string Validation::to_text() const {
  std::string text;
  for (const Source& source : sources) {
    text += fmt::format("source {}: {}, {} file{}, {}{}\n", source.name, source.format, source.file_count,
                        source.file_count == 1 ? "" : "s", format_bytes(static_cast<std::size_t>(source.size_bytes)),
                        source.row_count ? ", " + format_count(*source.row_count) + " rows" : "");
    text += fmt::format("  {}{}\n", source.inferred ? "inferred: " : "", source.schema.to_string());
  }
  for (const TableSchema& table : tables) {
    text += fmt::format("table {}: {} columns\n  {}\n", table.name, table.schema.size(), table.schema.to_string());
  }
  if (promise_count > 0) text += fmt::format("contract: {} promises\n", promise_count);
  if (!features.empty()) text += fmt::format("features: {}\n", features.size());
  for (const std::string& output : outputs) text += fmt::format("output {}\n", output);
  return text + "valid\n";
}

std::string Validation::to_json() const {
  nlohmann::ordered_json json = {{"valid", true},
                                 {"sources", nlohmann::ordered_json::array()},
                                 {"tables", nlohmann::ordered_json::array()},
                                 {"features", nlohmann::ordered_json::array()}};
  for (const Source& source : sources) {
    nlohmann::ordered_json entry = {{"name", source.name},         {"format", source.format},
                                    {"files", source.file_count},  {"bytes", source.size_bytes},
                                    {"inferred", source.inferred}, {"columns", schema_json(source.schema)}};
    if (source.row_count) entry["rows"] = *source.row_count;
    json["sources"].push_back(entry);
  }
  for (const TableSchema& table : tables) {
    json["tables"].push_back({{"name", table.name}, {"columns", schema_json(table.schema)}});
  }
  for (const auto& [name, role] : features) json["features"].push_back({{"name", name}, {"role", role}});
  json["promises"] = promise_count;
  json["outputs"] = outputs;
  json["plan_digest"] = plan_digest;
  return json.dump(2) + "\n";
}

}  // namespace headrace
