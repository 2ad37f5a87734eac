// See run_report.h.
#include "headrace/frame/run_report.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "headrace/base/units.h"
#include "headrace/column/arrow_version.h"
#include "headrace/frame/statistics_json.h"

namespace headrace {
namespace {

using Json = nlohmann::ordered_json;

Json scan_json(const ScanCounts& counts) {
  return {{"rows_read", counts.rows_read},
          {"rows_delivered", counts.rows_delivered},
          {"rows_quarantined", counts.rows_quarantined},
          {"rows_dropped", counts.rows_dropped},
          {"rows_skipped", counts.rows_skipped},
          {"values_nulled", counts.values_nulled},
          {"bytes_read", counts.bytes_read}};
}

Json source_json(const SourceReport& source) {
  Json json = {{"name", source.name}, {"files", Json::array()}};
  for (const FileInfo& file : source.files) json["files"].push_back({{"path", file.path}, {"bytes", file.size_bytes}});
  json.update(scan_json(source.counts));
  json["quarantined_by_kind"] = source.quarantined_by_kind;
  json["quarantine_samples"] = Json::array();
  for (const BadRow& row : source.quarantine_samples) {
    json["quarantine_samples"].push_back({{"file", row.file},
                                          {"line", row.line},
                                          {"column", row.column},
                                          {"kind", row.kind},
                                          {"message", row.message},
                                          {"text", row.text}});
  }
  return json;
}

Json operator_json(const OperatorReport& op) {
  Json json = {{"id", op.id},
               {"kind", op.kind},
               {"label", op.label},
               {"inputs", op.inputs},
               {"rows_in", op.rows_in},
               {"rows_out", op.rows_out},
               {"rows_removed", op.rows_removed},
               {"rows_added", op.rows_added},
               {"seconds", op.seconds},
               {"bytes_out", op.bytes_out},
               {"memory_bytes", op.memory_bytes}};
  if (op.kind == "scan") json["scan"] = scan_json(op.scan);
  if (op.kind == "aggregate") json["groups"] = op.rows_out;
  if (op.kind == "join") {
    json["right_rows_in"] = op.right_rows_in;
    json["left_matched"] = op.join.left_matched;
    json["left_unmatched"] = op.join.left_unmatched;
    json["right_matched"] = op.join.right_matched;
    json["right_unmatched"] = op.join.right_unmatched;
  }
  return json;
}

Json contract_json(const ContractResult& contract) {
  Json json = {{"table", contract.table},
               {"kept", contract.kept()},
               {"rows_checked", contract.rows_checked},
               {"promises", Json::array()}};
  for (const PromiseResult& promise : contract.promises) {
    json["promises"].push_back({{"column", promise.column},
                                {"kind", promise.kind},
                                {"promise", promise.promise},
                                {"violations", promise.violations},
                                {"samples", promise.samples}});
  }
  return json;
}

Json output_json(const OutputReport& output) {
  Json json = {{"path", output.path},
               {"format", output.format},
               {"second_writer", output.is_exclusive ? "excluded" : "last writer wins"},
               {"parts", Json::array()}};
  for (const Part& part : output.parts) {
    Json shards = Json::array();
    for (const Shard& shard : part.shards) {
      shards.push_back({{"file", shard.file},
                        {"rows", shard.summary.row_count},
                        {"bytes", shard.summary.size_bytes},
                        {"checksum", shard.summary.checksum}});
    }
    json["parts"].push_back({{"name", part.name}, {"rows", part.row_count()}, {"shards", shards}});
  }
  return json;
}

std::string sources_text(const RunReport& report) {
  std::string text = "sources\n";
  for (const SourceReport& source : report.sources) {
    const ScanCounts& counts = source.counts;
    text += fmt::format("  {:<12} {:>11} rows read", source.name, format_count(counts.rows_read));
    if (counts.rows_quarantined > 0) text += fmt::format(", {} quarantined", format_count(counts.rows_quarantined));
    if (counts.rows_dropped > 0) text += fmt::format(", {} dropped", format_count(counts.rows_dropped));
    if (counts.rows_skipped > 0) text += fmt::format(", {} skipped", format_count(counts.rows_skipped));
    if (counts.values_nulled > 0) text += fmt::format(", {} values made null", format_count(counts.values_nulled));
    text += "\n";
  }
  return text;
}

std::string steps_text(const RunReport& report) {
  std::string text = "steps\n";
  for (const OperatorReport& op : report.operators) {
    if (op.kind == "filter" || (op.kind == "split" && op.rows_removed > 0)) {
      text += fmt::format("  {}: {} rows kept, {} removed\n", op.label, format_count(op.rows_out),
                          format_count(op.rows_removed));
    } else if (op.kind == "join") {
      text += fmt::format("  {}: {} rows matched, {} without a match\n", op.label, format_count(op.join.left_matched),
                          format_count(op.join.left_unmatched));
    } else if (op.kind == "aggregate") {
      text +=
          fmt::format("  {}: {} rows into {} groups\n", op.label, format_count(op.rows_in), format_count(op.rows_out));
    }
  }
  return text;
}

std::string features_text(const RunReport& report) {
  std::size_t width = 0;
  for (const FeatureReport& feature : report.features) width = std::max(width, feature.name.size());
  std::string text = report.fitted ? "features, fitted\n" : "features, with a saved state\n";
  for (const FeatureReport& feature : report.features) {
    text += feature.fitted.empty() ? fmt::format("  {}\n", feature.name)
                                   : fmt::format("  {:<{}}  {}\n", feature.name, width, feature.fitted);
  }
  return text;
}

std::string outputs_text(const RunReport& report) {
  std::string text = "written\n";
  for (const OutputReport& output : report.outputs) {
    for (const Part& part : output.parts) {
      text += fmt::format("  {} ({}) {}: {} rows in {} shard{}, {}\n", output.path, output.format, part.name,
                          format_count(part.row_count()), part.shards.size(), part.shards.size() == 1 ? "" : "s",
                          format_bytes(static_cast<std::size_t>(part.size_bytes())));
    }
    if (!output.is_exclusive) {
      text += fmt::format("  {}: no locks there: of two runs at once the last writer wins\n", output.path);
    }
  }
  if (!report.quarantine_path.empty()) text += fmt::format("  {} (quarantine)\n", report.quarantine_path);
  if (!report.state_path.empty()) {
    text += fmt::format("  {} (fitted state {})\n", report.state_path, report.fitted_state_digest);
  }
  return text;
}

}  // namespace

std::string RunReport::to_json() const {
  Json json = {{"version", kVersion},
               {"pipeline", {{"name", pipeline_name}, {"file", pipeline_file}, {"parameters", parameters}}},
               {"status", status}};
  if (!error.empty()) json["error"] = {{"code", error_code}, {"message", error}};
  json["run_id"] = run_id;
  json["started_at"] = started_at;
  json["headrace_version"] = headrace_version;
  json["engine"] = engine;
  json["library_versions"] = {{"arrow", arrow_version()}};
  json["threads"] = thread_count;
  json["memory"] = {{"limit_bytes", memory_limit_bytes},
                    {"budget_peak_bytes", memory_peak_bytes},
                    {"process_peak_bytes", process_peak_bytes},
                    {"spilled_bytes", spilled_bytes}};
  json["seconds"] = seconds;
  json["stage_seconds"] = Json::object();
  for (const auto& [stage, stage_time] : stage_seconds) json["stage_seconds"][stage] = stage_time;
  json["plan"] = plan;
  json["sources"] = Json::array();
  for (const SourceReport& source : sources) json["sources"].push_back(source_json(source));
  json["operators"] = Json::array();
  for (const OperatorReport& op : operators) json["operators"].push_back(operator_json(op));
  if (contract) json["contract"] = contract_json(*contract);
  json["features"] = Json::array();
  for (const FeatureReport& feature : features) {
    json["features"].push_back({{"name", feature.name}, {"fitted", feature.fitted}});
  }
  if (statistics_before || statistics_after) {
    json["statistics"] = Json::object();
    if (statistics_before) json["statistics"]["before"] = statistics_json(*statistics_before);
    if (statistics_after) json["statistics"]["after"] = statistics_json(*statistics_after);
  }
  json["fitted"] = fitted;
  json["fitted_state_digest"] = fitted_state_digest;
  json["state_path"] = state_path;
  json["outputs"] = Json::array();
  for (const OutputReport& output : outputs) json["outputs"].push_back(output_json(output));
  json["row_digest"] = row_digest;
  json["quarantine_path"] = quarantine_path;
  // Raw text from bad rows may reach samples and messages; what is not UTF-8 is replaced.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string RunReport::to_text() const {
  std::string text = sources_text(*this) + steps_text(*this);
  if (contract) {
    text += fmt::format("contract on {}: {} promises {} by {} rows\n", contract->table, contract->promises.size(),
                        contract->kept() ? "kept" : "broken", format_count(contract->rows_checked));
  }
  text += features_text(*this) + outputs_text(*this);
  text += fmt::format("{:.2f} s", seconds);
  for (const auto& [stage, stage_time] : stage_seconds) text += fmt::format(", {} {:.2f}", stage, stage_time);
  text += fmt::format("; peak memory {}", format_bytes(process_peak_bytes));
  if (spilled_bytes > 0) text += fmt::format(", {} spilled", format_bytes(static_cast<std::size_t>(spilled_bytes)));
  return text + "\n";
}

}  // namespace headrace
