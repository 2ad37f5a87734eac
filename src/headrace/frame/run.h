// Runs a pipeline from raw files to published data sets.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "headrace/exec/executor.h"
#include "headrace/frame/prepare.h"
#include "headrace/frame/run_report.h"
#include "headrace/io/fs/routed_file_system.h"
#include "headrace/plan/pipeline.h"

namespace headrace {

struct RunOptions {
  RunContext context;
  std::shared_ptr<FileSystem> fs;  // empty: see file_system_of()
  /// The sources of format "memory", by name.
  MemorySources memory_sources;
  /// Encode with the state saved in this folder instead of fitting. Empty: fit.
  std::string state_path;
  /// Parameters that were set when the pipeline was read: for the report.
  std::map<std::string, std::string> parameters;
  /// Take statistics of the columns that features are made from and of those written; the report has them.
  bool statistics = true;
  /// Names the folders of the shards; empty: made from time and chance.
  std::string run_id;
};

/// The file system that `options` give, or that of all paths, which reaches stores by the pipeline's storage options.
std::shared_ptr<FileSystem> file_system_of(const Pipeline& pipeline, const RunOptions& options);

/// Reads, joins, checks, fits, encodes, writes and publishes. The report is written to pipeline.report_path whatever
/// happens; on an error it says so and the error is thrown again. Nothing is published unless everything was written
/// and the contract was kept: Error(kContractViolated) otherwise.
RunReport run_pipeline(const Pipeline& pipeline, const RunOptions& options);

/// The rows of one table or source of a pipeline; outputs are not looked at.
Table collect_table(const Pipeline& pipeline, const std::string& table, const RunOptions& options);
/// The same, into a sink. Returns what its operators did.
std::vector<OperatorReport> run_table(const Pipeline& pipeline, const std::string& table, Sink& sink,
                                      const RunOptions& options);

}  // namespace headrace
