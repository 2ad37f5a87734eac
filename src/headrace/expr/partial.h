// Evaluation of an expression on some rows of a batch only, for functions with branches.
#pragma once

#include <cstdint>

#include "headrace/expr/evaluate.h"

namespace headrace {

/// The values of an expression on the rows that were asked for: row i of the column is row i of the batch when `by_row`
/// is set (rows that were not asked for may hold anything), else the i-th row that was asked for.
struct PartialColumn {
  Column column;
  bool by_row = false;
};

/// Evaluates `expr` on the rows whose byte in `mask` is `wanted` (0 or 1). Other rows are never the cause of a failure.
PartialColumn evaluate_partial(const BoundExpr& expr, const Batch& batch, const std::uint8_t* mask, std::uint8_t wanted,
                               EvalContext& context);

/// Row i of `when_1` where mask[i] is 1, of `when_0` where it is 0; each holds the rows that are taken from it.
Column merge(const std::uint8_t* mask, std::int64_t row_count, const PartialColumn& when_1, const PartialColumn& when_0,
             EvalContext& context);

}  // namespace headrace
