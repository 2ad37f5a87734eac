// Evaluation of an expression on some rows of a batch only, for functions with branches.
#pragma once

#include <cstdint>
#include <vector>

#include "headrace/expr/evaluate.h"

namespace headrace {

/// The values of an expression on some rows of a batch: row rows[i] of the batch is row i of the column, or, when `by_row`
/// is set, row i is row i (those that were not asked for may hold anything).
struct PartialColumn {
  Column column;
  std::vector<std::int32_t> rows;
  bool by_row = false;
};

/// The rows whose byte in `mask` is `wanted` (0 or 1).
std::vector<std::int32_t> rows_where(const std::uint8_t* mask, std::int64_t row_count, std::uint8_t wanted);

/// Evaluates `expr` on `rows` (ascending). Rows that are not listed are never the cause of a failure.
PartialColumn evaluate_partial(const BoundExpr& expr, const Batch& batch, std::vector<std::int32_t> rows,
                               EvalContext& context);

/// Row i of `when_1` where mask[i] is 1, else row i of `when_0`. Both have all the rows that are taken from them.
Column merge(const std::uint8_t* mask, std::int64_t row_count, const PartialColumn& when_1, const PartialColumn& when_0,
             EvalContext& context);

}  // namespace headrace
