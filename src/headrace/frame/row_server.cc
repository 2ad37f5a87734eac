// See row_server.h.
#include "headrace/frame/row_server.h"

#include <utility>

#include "headrace/base/error.h"
#include "headrace/expr/shared_parts.h"
#include "headrace/feature/feature_set.h"
#include "headrace/frame/prepare.h"

namespace headrace {

RowServer::RowServer(const Pipeline& pipeline, const Schema& table, const FittedState& state) {
  FeatureSet features = feature_set_of(pipeline, table);
  features.load_state(state);
  std::vector<Field> fields;
  for (const std::string& name : features.input_columns()) fields.push_back(table[table.index_of(name)]);
  input_ = std::make_shared<const Schema>(std::move(fields));
  std::vector<BoundExprPtr> bound;
  for (const Expr& expr : features.expressions()) bound.push_back(headrace::bind(expr, *input_));
  columns_.exprs = share_equal_parts(bound);
  std::vector<Field> outputs;
  for (const OutputColumn& column : features.output_columns()) outputs.push_back(column.field);
  columns_.schema = std::make_shared<const Schema>(std::move(outputs));
}

Batch RowServer::encode(const Batch& rows) const {
  EvalContext context(*memory_);
  context.share_results_of(rows);
  return encode_rows(rows, columns_, context);
}

}  // namespace headrace
