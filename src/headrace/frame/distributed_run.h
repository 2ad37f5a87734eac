// A run whose rows are on another engine: the driver's side of frame/run_task.h.
//
// It decides nothing about the engine. It tells the plan (EnginePlan), says what tasks have to do, takes in what they
// found, and ends the run as any other: one manifest a data set, published last, and a report whatever happens.
//
//   run = DistributedRun(pipeline, options)       checks everything that can be checked before anything runs
//   run.plan()                                    -> the engine makes the rows of root 0 (and 1: of the contract)
//   run.task_plan(rows)                           -> what tasks know
//   run.take_scan(…) run.take_spooled(…) run.end_relational()
//   while (!run.is_fitted()) { run.fit_round() … run.take_fit(…) … run.end_fit_round(); }
//   run.end_fit()
//   run.key_samples() … run.take_keys(…) run.deals() … run.take_dealt(…) run.ranges() … run.take_ordered(…)
//   run.shard_orders()                            -> tasks write
//   run.take_written(…)
//   run.publish()
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "headrace/frame/engine_plan.h"
#include "headrace/frame/run_outputs.h"
#include "headrace/frame/run_task.h"

namespace headrace {

class DistributedRun {
 public:
  /// `engine` is what the report calls it: "spark 4.3.0". Throws as run_pipeline() does before it reads rows.
  DistributedRun(Pipeline pipeline, RunOptions options, const std::string& engine);
  ~DistributedRun();
  DistributedRun(const DistributedRun&) = delete;
  DistributedRun& operator=(const DistributedRun&) = delete;

  const std::string& run_id() const { return report_.run_id; }
  /// Where to keep rows on the way: below the first output, which all tasks can reach.
  std::string spool_folder() const;
  std::string plan() const;
  /// `rows` are the columns of root 0.
  std::string task_plan(const Schema& rows) const;
  /// What check_contract() takes, for rows of `rows`; empty where the contract is of the feature table, or of none.
  std::string contract_plan(const Schema& rows) const;

  /// Begins the next stage, as reports call them.
  void begin_stage(const std::string& name);

  /// One scan of a source by the tasks of the engine: what SplitScan::tally() gave, in the order of splits. Files are
  /// called as the pipeline calls them, wherever tasks saw them.
  void take_scan(const std::string& source, const std::string& label, const std::vector<std::string>& tallies);
  /// A scan of the engine's own.
  void take_rows_read(const std::string& source, const std::string& label, std::int64_t rows);
  /// In the order in which rows are to be.
  void take_spooled(const std::vector<std::string>& results);
  void take_contract(const std::vector<std::string>& results);
  /// Throws Error(kContractViolated).
  void end_relational();

  bool is_fitted() const;
  /// What spool() and fit() look for.
  std::string fit_round() const;
  bool has_keyed() const;
  /// The files that features are fitted on, cut for up to `task_count` tasks.
  std::vector<std::string> fit_files(std::size_t task_count) const;
  void take_fit(const std::string& partial);
  void end_fit_round();
  /// Opens the outputs, which keeps other writers out where that is possible.
  void end_fit();

  const std::string& state_json() const { return outputs_.state_json(); }
  /// Puts the state where tasks find it.
  void put_state(const std::string& path) const { options_.fs->put(path, outputs_.state_json()); }
  /// Outputs that want an order of their own: keys are sampled, for up to `task_count` tasks a part; rows are encoded
  /// and dealt to ranges of the order; each range is put in order. Nothing to do where there is none.
  std::vector<std::string> key_samples(std::size_t task_count);
  void take_keys(const std::vector<std::string>& results);
  std::vector<std::string> deals() const;
  void take_dealt(const std::vector<std::string>& results);
  std::vector<std::string> ranges() const;
  /// In the order of the tasks.
  void take_ordered(const std::vector<std::string>& results);
  std::vector<std::string> shard_orders() const;
  void take_written(const std::vector<std::string>& results);

  RunReport publish();
  /// Removes what tasks kept on the way.
  void remove_spool();
  /// The report of a run that failed; never throws.
  void fail(const std::string& code, const std::string& message) noexcept;

 private:
  void end_stage();
  void put_report();
  std::size_t add_report(std::string kind, std::string label, std::vector<std::size_t> inputs, std::int64_t rows_in,
                         std::int64_t rows_out);
  /// A part as some outputs want it.
  struct OrderedPartFiles {
    std::vector<OrderTask> tasks;  // that sample and deal
    std::vector<std::string> sample;
    std::map<std::size_t, std::vector<SpoolFile>> dealt;  // by range
    std::vector<SpoolFile> files;                         // in order
    std::vector<PartitionRows> partitions;
  };
  /// Rows that are cut into shards together: those of a part, or of one of its partitions.
  struct ShardRows {
    std::size_t part;
    PartitionValues partition;
    const std::vector<SpoolFile>* files;
    bool is_encoded;
    std::int64_t begin;
    std::int64_t row_count;
  };
  OrderedPartFiles& ordered_part(std::size_t output, std::size_t part) { return ordered_.at(output).at(part); }
  std::vector<ShardRows> rows_of_outputs(const RowOrder& order, std::size_t first_output) const;
  std::map<RowOrder, std::vector<std::size_t>> outputs_by_order() const;
  double sample_row_bytes(std::size_t output) const;
  /// Adds what a task left in a file to `profile`, which comes to be where there is none.
  void merge_profile(const std::string& path, const std::shared_ptr<const Schema>& schema,
                     std::unique_ptr<TableProfile>& profile) const;

  Pipeline pipeline_;
  RunOptions options_;
  RunReport report_;
  RunOutputs outputs_;
  std::unique_ptr<PreparedPipeline> prepared_;
  std::unique_ptr<FitRounds> fit_;
  std::vector<std::string> part_names_;
  std::size_t fit_part_ = 0;
  bool loaded_state_ = false;
  bool is_anything_fitted_ = false;
  std::int64_t fitted_row_count_ = 0;
  std::vector<std::vector<SpoolFile>> parts_;
  std::map<std::size_t, std::vector<OrderedPartFiles>> ordered_;         // by the first output of an order, by part
  using RowPlace = std::tuple<std::string, std::int64_t, std::int64_t>;  // file, line, byte offset
  std::map<std::string, std::vector<BadRow>> bad_rows_;
  std::map<std::string, std::set<RowPlace>> bad_places_;
  std::size_t last_report_ = 0;
  ContractResult contract_;
  std::unique_ptr<TableProfile> profile_before_;
  std::int64_t rows_left_out_ = 0;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point stage_start_;
  std::string stage_;
};

/// `pipeline` with paths that mean the same in any folder.
Pipeline with_absolute_paths(Pipeline pipeline);

}  // namespace headrace
