// Rows that are kept until they are read again, once or several times: in memory while the budget allows, then on disk.
//
// Batches are appended by several workers and read in the order of their splits, whatever the number of threads. A
// batch stays in memory if no more than half of the budget is in use then, itself and those that other workers are
// making included; else it goes to a SpillFile. So what runs beside and after has the other half, but for the file's
// index. What is read does not depend on where it was.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "headrace/exec/spill/spill_file.h"

namespace headrace {

class Spool {
 public:
  Spool(std::shared_ptr<const Schema> schema, const RunContext& context);

  /// Must come before append().
  void start(std::size_t split_count);
  /// Adds the next rows of a split. Different splits may be appended to at the same time.
  void append(Batch batch, std::size_t split_index);
  /// Ends appending. Must come before all below.
  void finish();
  /// Forgets all rows but the first `row_count`.
  void keep_first(std::int64_t row_count);
  /// Forgets the first `row_count` rows, or all that there are.
  void drop_first(std::int64_t row_count);

  const std::shared_ptr<const Schema>& schema() const { return schema_; }
  std::size_t batch_count() const { return entries_.size(); }
  std::int64_t row_count() const { return first_rows_.back(); }
  /// The rows before batch `index`; index may be batch_count().
  std::int64_t first_row(std::size_t index) const { return first_rows_[index]; }
  /// Thread-safe. A batch from disk takes memory until it is let go.
  Batch read(std::size_t index) const;

  /// How many of the batches are on disk.
  std::size_t spilled_count() const { return file_.batch_count(); }

 private:
  struct Entry {
    Batch batch;                         // of columns only when in memory
    std::optional<std::size_t> spilled;  // index in file_
    std::int64_t skipped = 0;            // rows before the first
  };
  bool keeps(const Batch& batch);

  std::shared_ptr<const Schema> schema_;
  std::shared_ptr<MemoryBudget> memory_;
  SpillFile file_;
  std::vector<std::vector<Entry>> by_split_;
  std::vector<Entry> entries_;
  std::vector<std::int64_t> first_rows_ = {0};
  std::mutex mutex_;  // of overhead_
  Reservation overhead_;
};

}  // namespace headrace
