// Which rows of the data a feed delivers, and how often.
//
// A selection is a function of the rows and a seed alone: whatever reads them, an epoch has the same rows. Since the
// order of rows needs to know how many each block has, what a selection reads of them is read once when a feed is
// opened, and again of each block before its rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "headrace/base/workers.h"
#include "headrace/column/scan_bound.h"
#include "headrace/expr/bind.h"
#include "headrace/io/source.h"

namespace headrace {

/// What a selection keeps: the rows for which `where` is true; of those for which `sampled` is true, as many as `rate`
/// says, drawn for each row by itself; and what is left repeated, or left out, in proportion to `weight`, so that in
/// all about as many rows come as there are. What is null is not there.
struct RowChoice {
  Expr where;
  Expr sampled;
  double rate = 1;
  std::string weight_name = {};  // of a column: 1 / rate where `sampled` is true, else 1; empty: none
  Expr weight;
  std::uint64_t seed = 0;

  bool is_all() const { return where == nullptr && sampled == nullptr && weight == nullptr; }
  /// All of it as a text, for digests and messages.
  std::string to_string() const;
};

class RowSelection {
 public:
  /// `reader` and `memory` outlive the selection. Throws Error(kInvalidPipeline) or kNotFound for expressions that do
  /// not go with its columns, Error(kInvalidArgument) for a rate that is none.
  RowSelection(const SourceReader& reader, RowChoice choice, MemoryBudget& memory);

  /// Reads what the selection needs of all blocks, and returns how many rows each has left.
  std::vector<std::int64_t> count(std::size_t threads);
  /// The rows of a block that are left, ascending; one that is repeated stands there several times. Thread-safe, after
  /// count().
  std::vector<std::uint32_t> rows_of(std::size_t block) const;

 private:
  template <typename Visit>
  void for_each_kept(std::size_t block, const Visit& visit) const;
  void add_up_weights(std::size_t threads);
  std::uint32_t times(std::size_t block, std::int64_t row, double weight) const;
  double checked_weight(double weight) const;

  const SourceReader& reader_;
  RowChoice choice_;
  MemoryBudget& memory_;
  ScanRequest request_;
  BoundExprPtr where_;    // or nullptr
  BoundExprPtr sampled_;  // or nullptr
  BoundExprPtr weight_;   // or nullptr; float64
  double repeats_ = 1;    // of a weight of 1
};

}  // namespace headrace
