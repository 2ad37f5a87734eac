// See run.h. The stages: prepare (open and check everything), relational (read, join, aggregate, contract, deal rows to
// parts), fit, write (encode into shards), publish (quarantine, state, then the manifests).
#include "headrace/frame/run.h"

#include <chrono>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/bad_alloc.h"
#include "headrace/base/error.h"
#include "headrace/base/heap_trim.h"
#include "headrace/exec/fit_features.h"
#include "headrace/exec/split_rows.h"
#include "headrace/exec/statistics/table_profile.h"
#include "headrace/exec/write_shards.h"
#include "headrace/frame/fit.h"
#include "headrace/frame/memory_floor.h"
#include "headrace/frame/prepare.h"
#include "headrace/frame/run_id.h"
#include "headrace/frame/run_outputs.h"
#include "headrace/frame/version.h"
#include "headrace/plan/node.h"

namespace headrace {
namespace {

using Clock = std::chrono::steady_clock;

/// The most memory that the process held since it began to run this program. getrusage() alone would tell of the
/// program that started it, too, if that was larger.
std::size_t process_peak_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoul(line.substr(6)) * 1024;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

/// One run of one pipeline, stage after stage.
class Run {
 public:
  Run(const Pipeline& pipeline, const RunOptions& options, RunReport& report)
      : pipeline_(pipeline), options_(options), report_(report), outputs_(pipeline, options, report) {}

  void execute() {
    if (pipeline_.outputs.empty()) {
      throw Error(ErrorCode::kInvalidPipeline, fmt::format("{}: the pipeline has no outputs", pipeline_.file),
                  "add an output: outputs: [{path: out/parquet, format: parquet}]");
    }
    in_stage("prepare", [&] { prepare(); });
    in_stage("relational", [&] { run_relational(); });
    in_stage("fit", [&] { fit(); });
    in_stage("write", [&] { write(); });
    in_stage("publish", [&] { outputs_.publish(); });
  }

  /// The first half of a run.
  FittedState execute_fit() {
    in_stage("prepare", [&] { prepare(); });
    in_stage("relational", [&] { run_relational(); });
    in_stage("fit", [&] { fit(); });
    return prepared_->features->state(fitted_row_count_);
  }

  /// Takes over what the operators counted so far; also after a failure.
  void collect_reports() {
    if (!executor_) return;
    report_.operators = executor_->reports();
    report_.operators.insert(report_.operators.end(), tail_.begin(), tail_.end());
    for (std::size_t i = 0; i < report_.operators.size(); ++i) report_.operators[i].id = i;
    report_.sources = source_reports(*prepared_, report_.operators, executor_->bad_rows());
  }

 private:
  template <typename Body>
  void in_stage(const char* stage, const Body& body) {
    Clock::time_point start = Clock::now();
    options_.context.cancellation->check();
    // Room for the end, which must not fail: what is published stays so.
    report_.stage_seconds.reserve(report_.stage_seconds.size() + 1);
    auto end = [&] {
      report_.stage_seconds.emplace_back(stage, std::chrono::duration<double>(Clock::now() - start).count());
    };
    try {
      body();
    } catch (...) {
      end();
      throw;
    }
    end();
    // What the allocator keeps for reuse is not counted by the budget; the next stage needs other sizes.
    HeapTrim(*options_.context.memory).now_and_then();
  }

  void prepare() {
    prepared_ = std::make_unique<PreparedPipeline>(pipeline_, options_.fs, options_.context, options_.memory_sources);
    report_.plan = explain_tree(prepared_->feature_root);
    if (!options_.state_path.empty()) {
      FittedState state = read_state(options_.state_path, *options_.fs);
      prepared_->features->load_state(state);
      fitted_row_count_ = state.fitted_row_count;
      loaded_state_ = true;
    }
    const std::shared_ptr<MemoryBudget>& memory = options_.context.memory;
    if (memory->limit_bytes() != MemoryBudget::kUnlimited) {
      check_memory_floor(*prepared_, options_.context);
      options_.context.spill->reserve_staging(*memory, options_.context.thread_count);
    }
    outputs_.describe_sources(*prepared_);
    executor_ = std::make_unique<Executor>(prepared_->roots(), sources_ = prepared_->reader_map(), options_.context);
  }

  void run_relational() {
    const Schema& schema = prepared_->feature_root->schema;
    assigner_ = std::make_unique<PartAssigner>(pipeline_.split, schema);
    PartSink parts(*assigner_, std::make_shared<const Schema>(schema), options_.context);
    std::unique_ptr<ContractCheck> check;
    if (pipeline_.contract && !prepared_->contract_root) {
      check = std::make_unique<ContractCheck>(*pipeline_.contract, schema, &parts, options_.context);
    }
    Sink& sink = check ? static_cast<Sink&>(*check) : parts;
    std::size_t last = 0;
    if (takes_statistics()) {
      TableProfile profile(std::make_shared<const Schema>(schema), options_.context);
      ProfilingSink profiling(profile, sink);
      last = executor_->run(prepared_->feature_root, profiling);
      report_.statistics_before = profile.figures();
      for (ColumnFigures& column : report_.statistics_before->columns) {
        column.name = prepared_->features->meaning_of(column.name);
      }
    } else {
      last = executor_->run(prepared_->feature_root, sink);
    }
    parts_ = parts.result();
    std::int64_t rows = 0;
    for (const auto& part : parts_) rows += part->row_count();
    if (check) last = add_contract_report(last, check->result());
    if (prepared_->contract_root) {
      ContractCheck apart(*pipeline_.contract, prepared_->contract_root->schema, nullptr, options_.context);
      add_contract_report(executor_->run(prepared_->contract_root, apart), apart.result());
    }
    std::int64_t left_out = parts.rows_left_out();
    last = add_report("split", pipeline_.split ? "split" : "split (one part)", last, rows + left_out, rows);
    add_cost(parts.seconds(), parts.bytes_kept());
    last_report_ = last;
    if (report_.contract && !report_.contract->kept()) {
      throw Error(ErrorCode::kContractViolated, report_.contract->describe(),
                  "nothing was published; repair the source, filter the rows, or change the contract");
    }
  }

  void fit() {
    FeatureSet& features = *prepared_->features;
    if (!features.is_fitted()) {
      const Spool* rows = parts_[0].get();
      std::string fit_part = pipeline_.split ? pipeline_.split->fit_part : assigner_->parts()[0];
      for (std::size_t i = 0; i < parts_.size(); ++i) {
        if (assigner_->parts()[i] == fit_part) rows = parts_[i].get();
      }
      fit_features(features, *rows, options_.context);
      fitted_row_count_ = rows->row_count();
      report_.fitted = true;
    }
    outputs_.take_state(features, fitted_row_count_, !loaded_state_);
  }

  void write() {
    outputs_.open(*prepared_->features);
    const std::shared_ptr<const Schema>& schema = outputs_.schema();
    EncodedColumns encoded = encoded_columns(*prepared_->features, *parts_[0]->schema(), schema);
    std::optional<TableProfile> profile;
    if (takes_statistics()) profile.emplace(schema, options_.context);
    WrittenShards written = write_shards(assigner_->parts(), parts_, encoded, outputs_.targets(), options_.context,
                                         profile ? &*profile : nullptr);
    if (profile) report_.statistics_after = profile->figures();
    parts_.clear();
    outputs_.take_written(std::move(written));
    add_report("write", "write", last_report_, outputs_.written().row_count, outputs_.written().row_count);
    add_cost(outputs_.written().encode_seconds + outputs_.written().write_seconds, outputs_.bytes_written());
    outputs_.write_bad_rows(executor_->bad_rows());
    collect_reports();
    check_row_accounting(report_.operators);
  }

  /// Without a report nobody would see them.
  bool takes_statistics() const { return options_.statistics && !pipeline_.outputs.empty(); }

  std::size_t add_report(std::string kind, std::string label, std::size_t input, std::int64_t rows_in,
                         std::int64_t rows_out) {
    OperatorReport report;
    report.kind = std::move(kind);
    report.label = std::move(label);
    report.inputs = {input};
    report.rows_in = rows_in;
    report.rows_out = rows_out;
    report.rows_removed = rows_in - rows_out;
    report.id = executor_->reports().size() + tail_.size();
    tail_.push_back(std::move(report));
    return tail_.back().id;
  }

  /// What the operator of the last add_report() cost.
  void add_cost(double seconds, std::int64_t bytes_out) {
    tail_.back().seconds = seconds;
    tail_.back().bytes_out = bytes_out;
  }

  std::size_t add_contract_report(std::size_t input, ContractResult result) {
    std::int64_t rows = result.rows_checked;
    std::string label = "contract on " + result.table;
    report_.contract = std::move(result);
    std::size_t id = add_report("contract", label, input, rows, rows);
    add_cost(report_.contract->seconds, report_.contract->bytes_checked);
    return id;
  }

  const Pipeline& pipeline_;
  const RunOptions& options_;
  RunReport& report_;
  RunOutputs outputs_;
  std::unique_ptr<PreparedPipeline> prepared_;
  std::map<std::string, const SourceReader*> sources_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<PartAssigner> assigner_;
  std::vector<std::unique_ptr<Spool>> parts_;
  std::vector<OperatorReport> tail_;  // what comes behind the executor's operators: contract, split, write
  std::size_t last_report_ = 0;
  bool loaded_state_ = false;
  std::int64_t fitted_row_count_ = 0;
};

/// The error of a run whose report could not be written either.
Error without_report(Error error, const Error& report_error) {
  error.add_context(fmt::format("ending the run, whose report could not be written: {}", report_error.message()));
  return error;
}

std::string status_of(ErrorCode code) {
  if (code == ErrorCode::kContractViolated) return "contract_violated";
  return code == ErrorCode::kCancelled ? "cancelled" : "failed";
}

RunReport run_reported(const Pipeline& pipeline, const RunOptions& options) {
  RunReport report;
  report.pipeline_name = pipeline.name;
  report.pipeline_file = pipeline.file;
  report.parameters = options.parameters;
  report.run_id = options.run_id.empty() ? make_run_id() : options.run_id;
  report.started_at = utc_text_now();
  report.headrace_version = kHeadraceVersion;
  report.thread_count = options.context.thread_count;
  report.memory_limit_bytes = options.context.memory->limit_bytes();
  Clock::time_point start = Clock::now();

  auto finish = [&](Run& run) {
    run.collect_reports();
    report.memory_peak_bytes = options.context.memory->peak_bytes();
    report.process_peak_bytes = process_peak_bytes();
    report.spilled_bytes = options.context.spill->bytes_written();
    report.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (!pipeline.report_path.empty()) options.fs->put(pipeline.report_path, report.to_json());
  };
  auto run = std::make_unique<Run>(pipeline, options, report);
  try {
    without_bad_alloc([&] { run->execute(); });
  } catch (const Error& error) {
    report.status = status_of(error.code());
    report.error_code = code_name(error.code());
    report.error = error.what();
    try {
      finish(*run);
    } catch (const Error& report_error) {
      throw without_report(error, report_error);
    }
    throw;
  }
  report.status = "ok";
  with_context([&] { without_bad_alloc([&] { finish(*run); }); },
               [] { return "reporting on a run whose data sets are published"; });
  return report;
}

}  // namespace

std::shared_ptr<FileSystem> file_system_of(const Pipeline& pipeline, const RunOptions& options) {
  return options.fs ? options.fs : routed_file_system(pipeline.storage);
}

RunReport run_pipeline(const Pipeline& pipeline, const RunOptions& options) {
  return without_bad_alloc([&] {
    RunOptions own = options;
    own.fs = file_system_of(pipeline, options);
    return run_reported(pipeline, own);
  });
}

FittedState fit_pipeline(const Pipeline& pipeline, const RunOptions& options) {
  Pipeline without_outputs = pipeline;
  without_outputs.outputs.clear();
  RunOptions own = options;
  own.fs = file_system_of(pipeline, options);
  own.state_path.clear();
  RunReport report;
  return without_bad_alloc([&] { return Run(without_outputs, own, report).execute_fit(); });
}

namespace {

/// Calls run(executor, root) with the plan of one table.
template <typename Run>
std::vector<OperatorReport> with_table(const Pipeline& pipeline, const std::string& table, const RunOptions& options,
                                       const Run& run) {
  Pipeline without_outputs = pipeline;
  without_outputs.outputs.clear();
  without_outputs.features.clear();
  PreparedPipeline prepared(without_outputs, file_system_of(pipeline, options), options.context,
                            options.memory_sources);
  std::vector<NodePtr> roots = optimize({prepared.table(table)});
  std::map<std::string, const SourceReader*> readers = prepared.reader_map();
  Executor executor(roots, readers, options.context);
  run(executor, roots[0]);
  std::vector<OperatorReport> reports = executor.reports();
  check_row_accounting(reports);
  return reports;
}

}  // namespace

Table collect_table(const Pipeline& pipeline, const std::string& table, const RunOptions& options) {
  Table rows;
  with_table(pipeline, table, options, [&](Executor& executor, const NodePtr& root) { rows = executor.collect(root); });
  return rows;
}

std::vector<OperatorReport> run_table(const Pipeline& pipeline, const std::string& table, Sink& sink,
                                      const RunOptions& options) {
  return with_table(pipeline, table, options,
                    [&](Executor& executor, const NodePtr& root) { executor.run(root, sink); });
}

}  // namespace headrace
