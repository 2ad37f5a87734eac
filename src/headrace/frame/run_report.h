// The report of a run: what run.json holds, and the short form that people read.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "headrace/exec/contract_check.h"
#include "headrace/exec/report.h"
#include "headrace/exec/statistics/column_figures.h"
#include "headrace/io/data_set/data_set.h"

namespace headrace {

struct SourceReport {
  std::string name;
  std::vector<FileInfo> files;
  ScanCounts counts;
  std::map<std::string, std::int64_t> quarantined_by_kind;
  std::vector<BadRow> quarantine_samples;  // the first of each kind
};

struct OutputReport {
  std::string path;
  std::string format;
  std::vector<Part> parts;
  bool is_exclusive = true;  // false: other writers could not be kept out; of several at once the last one wins
};

struct FeatureReport {
  std::string name;
  std::string fitted;  // what the transforms found, in short; empty when nothing was fitted
};

struct RunReport {
  static constexpr int kVersion = 1;

  std::string pipeline_name;
  std::string pipeline_file;
  std::map<std::string, std::string> parameters;  // given in place of those of the file
  std::string status = "failed";                  // "ok", "failed", "contract_violated", "cancelled"
  std::string error_code;
  std::string error;
  std::string run_id;
  std::string started_at;
  std::string headrace_version;
  std::string engine = "native";  // what made the rows
  std::size_t thread_count = 0;
  std::size_t memory_limit_bytes = 0;
  std::size_t memory_peak_bytes = 0;
  std::size_t process_peak_bytes = 0;
  std::int64_t spilled_bytes = 0;  // written to disk because the budget was short
  double seconds = 0;
  std::vector<std::pair<std::string, double>> stage_seconds;  // prepare, relational, fit, write, publish
  std::string plan;
  std::vector<SourceReport> sources;
  std::vector<OperatorReport> operators;
  std::optional<ContractResult> contract;
  std::optional<TableFigures> statistics_before;  // of what the features are made from
  std::optional<TableFigures> statistics_after;   // of what is written
  std::vector<FeatureReport> features;
  bool fitted = false;  // false: a saved state was used, or nothing was to fit
  std::string fitted_state_digest;
  std::string state_path;
  std::vector<OutputReport> outputs;
  std::string row_digest;
  std::string quarantine_path;

  /// The whole report as JSON, keys in a fixed order.
  std::string to_json() const;
  /// The report as a person reads it after a run: rows per source, rows kept, quarantined and removed, features with
  /// what was fitted, shards written, seconds by stage.
  std::string to_text() const;
};

}  // namespace headrace
