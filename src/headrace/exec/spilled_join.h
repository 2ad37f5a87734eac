// A join whose right rows do not fit: both sides are parted by the hash of their keys, and joined one partition after
// another.
//
//   left rows ──┬── whole, in order ─────────────────────────────────────> left rows ──┐
//               └── keys, in runs ──> partition 0 ┐                                    ├─> rows of run 0, 1, 2 …
//                                     partition 1 ├─ probe ─> pairs of run 0, 1, 2 … ──┘
//   right rows ─────────────────────> partition 0 ┘   (row in the run, right columns)
//
// A run is so many left rows in a row that their pairs fit into memory. Left rows stay where they are: their keys alone
// go through the partitions, and what comes out is put back into the order of the run. So rows come as those of a join
// in memory do: in the order of the left rows, matches of one in the order of the right rows.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "headrace/exec/hash_join.h"
#include "headrace/exec/join_right.h"
#include "headrace/exec/operator.h"
#include "headrace/exec/spill/spool.h"

namespace headrace {

/// Takes the left rows as a sink, then gives the result as the splits of a source.
class SpilledJoin : public Sink {
 public:
  /// `right` has been spilled. `join` and `context` outlive this.
  SpilledJoin(const JoinNode& join, std::unique_ptr<JoinRight> right, const std::shared_ptr<const Schema>& left,
              std::shared_ptr<const Schema> output, const RunContext& context);

  void start(std::size_t split_count, std::size_t worker_count) override;
  void consume(Batch batch, std::size_t split_index, std::size_t worker_index) override;
  /// Ends the left rows and joins. Throws Error(kOutOfMemory) with the number of bytes that would do when the right
  /// rows of one key do not fit; Error(kBadData) as JoinTable. Must come before all below.
  void finish();

  const JoinCounts& counts() const { return counts_; }
  std::int64_t right_row_count() const { return right_row_count_; }

  std::size_t split_count() const { return runs_.size(); }
  /// Calls `push` for each batch of the result that a run gives. Thread-safe.
  void read(std::size_t split_index, const std::function<void(const Batch&)>& push) const;

 private:
  /// Pairs of a run: rows of a batch in pairs_file_, ascending by the row in the run.
  struct Pairs {
    std::size_t index;
    std::size_t data_bytes;
    std::int32_t first_row;
    std::int32_t last_row;
  };
  struct Run {
    std::size_t split;
    std::size_t batch_count = 0;
    std::size_t first_batch = 0;  // in left_rows_
    std::array<PartitionFile::Piece, kPartitions> keys = {};
    std::vector<Pairs> pairs;
  };
  /// The run that a worker collects.
  struct Worker {
    Run run;
    std::vector<Batch> keys;
    std::size_t key_bytes = 0;
    std::int64_t row_count = 0;
    std::vector<Run> runs;
  };
  /// Pairs of some rows of a run, ordered by them: starts[i] … starts[i+1] are row i's places in `order`.
  struct OrderedPairs {
    Batch rows;
    std::vector<std::int32_t> order;
    std::vector<std::int32_t> starts;
    Reservation order_bytes;
  };
  /// What joining a partition found, which counts when all of it has been joined.
  struct Joined {
    JoinCounts counts;
    std::vector<std::vector<Pairs>> pairs;  // by run
  };

  void end_run(Worker& worker);
  void charge(std::size_t bytes);
  void join_partitions();
  void join_partition(std::size_t partition, std::size_t pass_count);
  void join_alone(std::size_t partition);
  void probe(const JoinTable& table, std::size_t partition, Joined& joined);
  void write_pairs(const JoinTable& table, std::span<const std::int32_t> left_rows,
                   std::span<const std::int32_t> right_rows, std::vector<Pairs>& written);
  std::size_t pass_count_of(std::size_t partition) const;
  OrderedPairs read_pairs(const Run& run, std::int64_t first_row, std::int64_t row_count) const;
  void emit(const Batch& left, const OrderedPairs& pairs, std::size_t first,
            const std::function<void(const Batch&)>& push) const;
  Batch result_of(const Batch& left, std::span<const std::int32_t> left_rows, const OrderedPairs& pairs,
                  std::span<const std::int32_t> pair_rows) const;

  const JoinNode& join_;
  const RunContext& context_;
  std::unique_ptr<JoinRight> right_;
  std::int64_t right_row_count_;
  std::shared_ptr<const Schema> output_;
  std::vector<std::size_t> left_key_columns_;
  std::vector<std::size_t> right_output_columns_;
  std::shared_ptr<const Schema> keys_schema_;   // the left keys, and the row in the run
  std::shared_ptr<const Schema> pairs_schema_;  // the row in the run, and right columns
  std::size_t run_bytes_ = 0;
  std::int64_t run_rows_ = 0;
  std::size_t pair_rows_ = 0;    // pairs that are written at once, at most
  std::size_t table_bytes_ = 0;  // that the table of a partition may take
  Spool left_rows_;
  std::unique_ptr<PartitionFile> left_keys_;
  SpillFile pairs_file_;
  std::vector<Worker> workers_;
  std::vector<Run> runs_;
  std::mutex mutex_;  // of what follows, and of pairs of runs
  JoinCounts counts_;
  std::vector<std::size_t> not_joined_;  // partitions that wait until they are alone
  Reservation index_bytes_;
};

}  // namespace headrace
