// Deals rows to the parts of a data set: train, eval, …
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "headrace/exec/operator.h"
#include "headrace/exec/run_context.h"
#include "headrace/exec/spill/spool.h"
#include "headrace/expr/dictionary_cache.h"
#include "headrace/plan/pipeline.h"

namespace headrace {

/// Says for each row of a batch which part it belongs to. Immutable; shared by threads.
class PartAssigner {
 public:
  /// Without a split there is one part, "all". Throws Error(kInvalidPipeline) when an expression does not fit `schema`.
  PartAssigner(const std::optional<SplitSpec>& split, const Schema& schema);

  const std::vector<std::string>& parts() const { return parts_; }
  /// Sets part_of[i] to the index of row i's part, or -1 when no part takes the row.
  void assign(const Batch& batch, EvalContext& context, std::vector<int>& part_of) const;

 private:
  std::vector<std::string> parts_;
  std::vector<BoundExprPtr> predicates_;  // by predicate: one a part
  BoundExprPtr hash_;                     // by hash: the 64-bit hash of salt and key
  std::vector<double> share_ends_;        // by hash: cumulative shares; the last is 1
};

/// The rows of each part of the assigner, in order; a part without rows has an empty batch.
std::vector<Batch> deal_rows(const PartAssigner& assigner, const Batch& batch, EvalContext& context);

/// The columns of the table that a split reads.
std::vector<std::string> split_columns(const SplitSpec& split);

/// Keeps the rows of each part, in order.
class PartSink : public Sink {
 public:
  PartSink(const PartAssigner& assigner, std::shared_ptr<const Schema> schema, const RunContext& context)
      : assigner_(assigner), schema_(std::move(schema)), context_(context) {}
  void start(std::size_t split_count, std::size_t worker_count) override;
  void consume(Batch batch, std::size_t split_index, std::size_t worker_index) override;
  /// One spool a part, in the order of the assigner's parts.
  std::vector<std::unique_ptr<Spool>> result();
  /// Rows that no part took. Complete when the stage has run.
  std::int64_t rows_left_out() const;
  /// Of all workers together.
  double seconds() const;
  /// Of the rows that parts took.
  std::int64_t bytes_kept() const;

 private:
  const PartAssigner& assigner_;
  std::shared_ptr<const Schema> schema_;
  const RunContext& context_;
  DictionaryCache dictionaries_;
  std::vector<std::unique_ptr<Spool>> parts_;
  struct Tally {
    std::int64_t rows_left_out = 0;
    std::int64_t bytes_kept = 0;
    double seconds = 0;
  };
  std::vector<Tally> tallies_;  // by worker
};

}  // namespace headrace
