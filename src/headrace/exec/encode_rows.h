// Rows to what is written of them: the columns of a data set.
#pragma once

#include <memory>
#include <vector>

#include "headrace/column/column.h"
#include "headrace/expr/bind.h"
#include "headrace/expr/evaluate.h"

namespace headrace {

/// The columns of a data set as expressions over the rows of a spool, one for each field of `schema`.
struct EncodedColumns {
  std::vector<BoundExprPtr> exprs;
  std::shared_ptr<const Schema> schema;
};

/// The columns of rows that are encoded already.
EncodedColumns as_they_are(std::shared_ptr<const Schema> schema);

/// Evaluates the columns for a batch; an Error names the feature.
Batch encode_rows(const Batch& rows, const EncodedColumns& columns, EvalContext& context);

}  // namespace headrace
