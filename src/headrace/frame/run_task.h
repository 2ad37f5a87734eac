// A run in pieces: what a task of another engine does of it, in a process of its own.
//
// The engine makes rows; from there on everything is done by the code that does it in run_pipeline(), each task on some
// of the rows: steps that the engine left, contract, split, statistics, encoding, shards. frame/distributed_run.h is
// the side of the driver, which tells tasks what to do in texts and bytes that only processes of the same build
// exchange.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "headrace/exec/write_shards.h"
#include "headrace/frame/lazy_frame.h"
#include "headrace/frame/task_messages.h"
#include "headrace/io/split_range.h"

namespace headrace {

/// The tasks of one run, in one process. Each call is a task; one at a time.
class RunTask {
 public:
  RunTask(const std::string& plan, const RunContext& context);
  ~RunTask();
  RunTask(const RunTask&) = delete;
  RunTask& operator=(const RunTask&) = delete;

  /// Makes the rows of a frame (none, when null), which has the columns of the plan's `rows`, and keeps them in files
  /// called `prefix`-….arrow. `round`, of FitRounds, is what is looked for on the way; empty: nothing is to be fitted.
  /// `key_parts`: how many parts keys are dealt to.
  std::string spool(const LazyFrame* frame, const std::string& prefix, const std::string& round, std::size_t key_parts);
  /// Looks for `round` in the rows of `files`. The result is a SpoolResult without files.
  std::string fit(const std::string& files, const std::string& prefix, const std::string& round, std::size_t key_parts);
  /// The parts of a file with what is merged by key.
  std::vector<std::string> read_keyed(const std::string& path);
  /// See exec/partial_fit.h.
  std::string merge_keyed(const std::string& round, const std::vector<std::string>& parts);
  /// For outputs that want an order of their own: an OrderTask to SampledKeys, one to DealtRows, and a RangeTask to an
  /// OrderedRange. The arguments are those of write().
  std::string sample_keys(const std::string& task, const std::string& state, const std::string& prefix);
  std::string deal(const std::string& task, const std::string& state, const std::string& prefix);
  std::string put_in_order(const std::string& task, const std::string& state, const std::string& prefix);
  /// Writes a ShardOrder, with the state in the file `state`; what else it keeps is in files called `prefix`-….
  std::string write(const std::string& order, const std::string& state, const std::string& prefix);

 private:
  class Encoding;

  /// The pipeline over the rows of a frame; over no rows, when it is null.
  std::unique_ptr<PreparedPipeline> prepare(const LazyFrame* frame) const;
  const Encoding& encoding(const std::string& state);
  void write_keyed(const FitPart& part, const std::string& path, std::size_t key_parts);
  /// A profile of rows of `schema`; null where nobody asks for statistics.
  std::unique_ptr<TableProfile> new_profile(const std::shared_ptr<const Schema>& schema) const;
  /// The file with what a profile has seen; empty for none.
  std::string put_profile(TableProfile* profile, const std::string& prefix) const;

  TaskPlan plan_;
  RunContext context_;
  std::shared_ptr<FileSystem> fs_;
  Pipeline pipeline_;
  std::unique_ptr<Encoding> encoding_;
};

/// Checks the contract of a table on some of its rows; the result is a SpoolResult with nothing but it.
std::string check_contract(const std::string& contract, const std::function<std::unique_ptr<BatchStream>()>& open,
                           const RunContext& context);

/// A part of a table that other tasks read whole.
struct KeptRows {
  std::string file;            // for kept_rows()
  std::size_t data_bytes = 0;  // of the rows in memory
};
/// Makes the rows of a frame and keeps them in the file `prefix`.arrow.
KeptRows keep_rows(const LazyFrame& frame, const std::string& prefix, const StorageOptions& storage,
                   const RunContext& context);
/// The rows of such files, as a frame. Error(kBadData) when one is not what it was.
LazyFrame kept_rows(const std::string& name, const std::vector<std::string>& files, const StorageOptions& storage);

/// Some splits of a source, as a frame to which steps are added; and what was read once it has ended.
class SplitScan {
 public:
  /// `files` are paths and sizes as the driver found them: Error(kBadData) when they are others here.
  SplitScan(const std::string& name, const std::string& source, const StorageOptions& storage, std::size_t begin,
            std::size_t end, const std::string& files);

  const LazyFrame& frame() const { return frame_; }
  /// {"counts": {…}, "bad_rows": [[…]]}, for the driver.
  std::string tally() const;

 private:
  std::shared_ptr<ScanTally> tally_;
  LazyFrame frame_;
};

/// What tally() wrote.
void read_tally(const std::string& text, ScanCounts& counts, std::vector<BadRow>& bad_rows);

/// Small files that tasks and driver leave for each other, wherever the run keeps its rows.
void put_text(const std::string& path, const std::string& text, const StorageOptions& storage);
/// The texts of the files of a folder whose names begin with `prefix`, in order of names.
std::vector<std::string> texts_in(const std::string& folder, const std::string& prefix, const StorageOptions& storage);
bool has_file(const std::string& path, const StorageOptions& storage);

/// A path that means the same in any folder.
std::string absolute_path(const std::string& path);
/// A digest of absolute paths and sizes of files.
std::string files_digest(const std::vector<FileInfo>& files);

}  // namespace headrace
