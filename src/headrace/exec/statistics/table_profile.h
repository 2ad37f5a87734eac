// The statistics of all columns of a table while its rows pass.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/base/byte_stream.h"
#include "headrace/column/column.h"
#include "headrace/exec/operator.h"
#include "headrace/exec/run_context.h"
#include "headrace/exec/statistics/column_profile.h"

namespace headrace {

/// What one worker saw. Columns in dictionary layout are counted by code, those that share codes together, and their
/// values are added when the dictionary is no longer in use.
class WorkerProfile {
 public:
  WorkerProfile(const Schema& schema, MemoryBudget& memory);

  void add(const Batch& batch);
  /// Takes over the number of rows of another one, and what it counted by code; its columns are yet to be merged.
  void take_codes(WorkerProfile& other);
  /// Adds what was counted by code to a column. Different columns may be finished at the same time.
  void finish(std::size_t column);
  const std::vector<ColumnProfile>& columns() const { return columns_; }
  std::vector<ColumnProfile>& columns() { return columns_; }
  std::int64_t rows() const { return rows_; }
  /// Adds the rows of another one of the same columns, which is finished.
  void merge(const WorkerProfile& other);
  /// Writes all, once every column is finished, for another process to read() into one that has seen nothing.
  void write(ByteWriter& out) const;
  void read(ByteReader& in);
  std::size_t bytes() const;

 private:
  struct CodeTally {
    std::vector<std::size_t> columns;
    std::vector<std::shared_ptr<const Column>> dictionaries;  // of each of them; all have one length
    std::vector<std::int64_t> of_code;
    std::int64_t of_null = 0;
    bool is_in_use = true;
    Reservation reservation;
  };
  CodeTally& tally_of(std::vector<std::size_t> columns, const Batch& batch);
  /// Adds the values of the tally's column number `place`.
  void add_counted(const CodeTally& tally, std::size_t place);

  std::shared_ptr<MemoryBudget> memory_;
  std::vector<ColumnProfile> columns_;
  std::list<CodeTally> tallies_;
  std::int64_t rows_ = 0;
};

/// The statistics of a table whose rows several workers see. They never take more than 1/kBudgetShare of a limited
/// memory budget, and never fail a run: when there is no room for them they are left out, and the figures say so.
class TableProfile {
 public:
  static constexpr std::size_t kBudgetShare = 16;

  TableProfile(std::shared_ptr<const Schema> schema, const RunContext& context);

  /// Adds rows. Different workers may do so at the same time; `worker_index` is below the thread count.
  void add(const Batch& batch, std::size_t worker_index);
  /// Of all rows: the same for any number of workers. No add() may follow.
  TableFigures figures();
  /// The state of all rows, for merge() in another process. No add() may follow.
  std::string to_bytes();
  /// Adds the rows that another process has seen. Throws Error(kBadData).
  void merge(std::string_view bytes);

 private:
  struct Worker {
    std::unique_ptr<WorkerProfile> profile;
    std::size_t bytes = 0;
    double seconds = 0;
  };
  /// Does `work`. For want of memory the statistics are left out, and the worker's are let go.
  void with_memory(Worker& worker, const std::function<void()>& work);
  /// Merges the profiles of all workers, all of whose columns are finished then; `take` gets each column, several at a
  /// time. Null: the statistics are left out.
  WorkerProfile* merge_workers(const std::function<void(std::size_t, const ColumnProfile&)>& take);
  /// Lets all profiles go; returns the seconds that they took.
  double let_go();
  void leave_out(const std::string& why);
  void check_share(Worker& worker);

  std::shared_ptr<const Schema> schema_;
  const RunContext& context_;
  std::vector<Worker> workers_;
  std::atomic<std::size_t> bytes_{0};
  std::atomic<bool> is_left_out_{false};
  std::mutex mutex_;  // of left_out_
  std::string left_out_;
};

/// Shows rows to a profile and hands them on.
class ProfilingSink : public Sink {
 public:
  ProfilingSink(TableProfile& profile, Sink& next) : profile_(profile), next_(next) {}
  void start(std::size_t split_count, std::size_t worker_count) override { next_.start(split_count, worker_count); }
  void consume(Batch batch, std::size_t split_index, std::size_t worker_index) override {
    profile_.add(batch, worker_index);
    next_.consume(std::move(batch), split_index, worker_index);
  }

 private:
  TableProfile& profile_;
  Sink& next_;
};

}  // namespace headrace
