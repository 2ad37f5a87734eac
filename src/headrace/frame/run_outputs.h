// The end of a run: what is written, described, and published whole or not at all, whatever engine made the rows.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "headrace/exec/write_shards.h"
#include "headrace/frame/prepare.h"
#include "headrace/frame/quarantine.h"
#include "headrace/frame/run_report.h"

namespace headrace {

struct RunOptions;

class RunOutputs {
 public:
  /// All of them outlive this.
  RunOutputs(const Pipeline& pipeline, const RunOptions& options, RunReport& report)
      : pipeline_(pipeline), options_(options), report_(report) {}

  /// Says where the rows come from. Reads a little of each file.
  void describe_sources(const PreparedPipeline& prepared);
  /// Takes the state that rows are encoded with; `is_new`: it was fitted, and is published. Charges what it takes.
  void take_state(const FeatureSet& features, std::int64_t fitted_row_count, bool is_new);
  /// Opens the data sets of all outputs, which keeps other writers out where that is possible.
  void open(const FeatureSet& features);
  /// The columns of the data sets, and where their shards go.
  const std::shared_ptr<const Schema>& schema() const { return schema_; }
  std::vector<ShardTarget> targets() const;
  const std::string& state_json() const { return state_json_; }

  /// Takes what was written: parts by output.
  void take_written(WrittenShards written);
  const WrittenShards& written() const { return written_; }
  std::int64_t bytes_written() const;
  void write_bad_rows(const std::map<std::string, std::vector<BadRow>>& bad_rows);

  /// Makes everything visible: quarantine, state, then the manifests.
  void publish();

 private:
  /// What is known before rows are written.
  Manifest manifest_of(const OutputSpec& output) const;

  const Pipeline& pipeline_;
  const RunOptions& options_;
  RunReport& report_;
  bool is_state_new_ = false;
  std::string state_json_;
  Reservation state_bytes_;
  std::shared_ptr<const Schema> schema_;
  std::vector<DataSetColumn> columns_;
  std::vector<SourceLineage> lineage_;
  std::vector<std::unique_ptr<DataSetWriter>> writers_;
  WrittenShards written_;
  std::unique_ptr<QuarantineWriter> quarantine_;
};

/// The expressions of fitted features over rows of `rows`, for the columns of `schema`.
EncodedColumns encoded_columns(const FeatureSet& features, const Schema& rows, std::shared_ptr<const Schema> schema);
/// The columns that fitted features give.
std::shared_ptr<const Schema> encoded_schema(const FeatureSet& features);

/// What was read of each source by the scans among `operators`, and samples of what is bad in it.
std::vector<SourceReport> source_reports(const PreparedPipeline& prepared, const std::vector<OperatorReport>& operators,
                                         const std::map<std::string, std::vector<BadRow>>& bad_rows);

}  // namespace headrace
