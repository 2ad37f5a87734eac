// Evaluation of expressions on dictionaries instead of rows.
//
// An expression whose columns are all coded by the same codes gives, for equal codes, equal values: it is evaluated
// once for each value of the dictionary, and its result is coded by the same codes. Behind a join with a dimension this
// means: once for each row of the dimension, however many rows match it. A dictionary may be far larger than a batch;
// so rows are evaluated one by one until about a quarter as many have passed as the dictionary has values, then it as a
// whole.
//
// A value that no row has must not end a run: when the evaluation of a dictionary fails, rows are evaluated as they
// are.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "headrace/base/guarded.h"
#include "headrace/expr/evaluate.h"

namespace headrace {

/// Keeps the results for dictionaries, for all batches and workers that share it. Thread-safe. The expressions it is
/// used with outlive it.
class DictionaryCache {
 public:
  DictionaryCache() = default;
  DictionaryCache(const DictionaryCache&) = delete;
  DictionaryCache& operator=(const DictionaryCache&) = delete;

  /// What is known of one expression over certain dictionaries.
  struct Known {
    std::int64_t rows_seen = 0;
    bool failed = false;
    std::shared_ptr<const Column> result;
    std::shared_ptr<const Column> result_and_null;  // and what nulls give behind it, unless that is null
  };
  struct Entry {
    std::vector<std::weak_ptr<const Column>> dictionaries;
    Guarded<Known> known;
  };
  /// The entry of `expr` for `dictionaries`, made when there is none. Entries of dictionaries that are gone are
  /// dropped.
  std::shared_ptr<Entry> entry(const BoundExpr& expr, const std::vector<std::shared_ptr<const Column>>& dictionaries);
  /// For the results that are wanted in plain layout.
  FlattenCache& flattened() { return flattened_; }

 private:
  FlattenCache flattened_;
  Guarded<std::multimap<const BoundExpr*, std::shared_ptr<Entry>>> entries_;
};

/// Adds the indexes of the columns that a bound expression reads, each once.
void collect_column_indexes(const BoundExpr& expr, std::vector<std::size_t>& indexes);

/// The expression's result as a dictionary column, evaluated on dictionaries; empty when its columns are not coded
/// alike, or when that is not worth while.
std::optional<Column> evaluate_on_dictionary(const BoundExpr& expr, const Batch& batch, EvalContext& context);

}  // namespace headrace
