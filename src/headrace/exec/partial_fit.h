// Fitting with the rows in several processes: fit_features() cut where rows are.
//
//   driver                                         tasks, each with some of the rows
//   rounds = FitRounds(features, …)
//   while (!rounds.is_done())
//     rounds.round()                        ─────> part = FitPart(features, round, schema, …); part.add(batch) …
//     rounds.merge(…)                       <───── part.fixed()
//                                                  part.keyed(i, n) ──> tasks, each with the same i of all parts:
//     rounds.merge(…)                       <───── merge_keyed(features, round, …)
//     rounds.finish_round()
//
// Statistics of fixed size go to the driver at once. Those that grow with the number of different values are merged by
// key first, so that what does not belong into the state never meets in one place. The state has the bits that
// fit_features() finds.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/expr/dictionary_cache.h"
#include "headrace/expr/evaluate.h"
#include "headrace/feature/feature_set.h"

namespace headrace {

/// The driver's side: what is looked for, and what was found.
class FitRounds {
 public:
  /// `features` and `memory` outlive this. `round_bytes` as in Transform::make_accumulator().
  FitRounds(FeatureSet& features, MemoryBudget& memory, std::size_t round_bytes);

  /// Whether the features are fitted.
  bool is_done() const { return tasks_.empty(); }
  /// What tasks have to know; the same until finish_round().
  std::string round() const;
  /// Whether some statistic of the round is merged by key.
  bool has_keyed() const;
  /// Adds what a task found. Throws Error(kBadData) when it belongs to another round.
  void merge(std::string_view partial);
  /// Ends the round: every row was seen by one of the parts that were merged.
  void finish_round();

 private:
  struct Task {
    FitTask task;
    std::unique_ptr<Accumulator> merged;
    bool is_finished = false;
  };
  void next_stage();

  FeatureSet& features_;
  MemoryBudget& memory_;
  std::size_t round_bytes_;
  std::vector<std::vector<Json>> stages_;  // the states of the stages that are over
  std::vector<Task> tasks_;                // of this stage
};

/// A task's side: the statistics of a round over some of the rows.
class FitPart {
 public:
  /// `features` is a set of the same features, not fitted; it and `memory` outlive this. Throws Error(kBadData) when
  /// `round` belongs to other features.
  FitPart(FeatureSet& features, std::string_view round, const Schema& schema, MemoryBudget& memory);

  /// Those of the columns that the round looks at; at least one.
  const Schema& columns() const { return *columns_; }
  /// Rows of the schema that was given.
  void add(const Batch& rows);
  /// Rows of columns().
  void add_narrow(const Batch& rows);
  /// The statistics of fixed size, for FitRounds::merge().
  std::string fixed() const;
  /// Those of the keys of part `part` of `part_count`, for merge_keyed().
  std::string keyed(std::size_t part, std::size_t part_count) const;

 private:
  struct Task {
    std::size_t index;  // in the stage
    std::vector<BoundExprPtr> inputs;
    std::unique_ptr<Accumulator> accumulator;
  };

  std::vector<std::size_t> indexes_;  // of columns_ in the schema
  std::shared_ptr<const Schema> columns_;
  MemoryBudget& memory_;
  std::vector<Task> tasks_;
  DictionaryCache dictionaries_;
};

/// Merges the same part of the keys of all FitParts, and lets go of what the state will not name. The result is for
/// FitRounds::merge().
std::string merge_keyed(FeatureSet& features, std::string_view round, std::span<const std::string> parts,
                        MemoryBudget& memory);

}  // namespace headrace
