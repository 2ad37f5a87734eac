// See encode_rows.h.
#include "headrace/exec/encode_rows.h"

#include <utility>

#include "headrace/base/error.h"

namespace headrace {

EncodedColumns as_they_are(std::shared_ptr<const Schema> schema) {
  EncodedColumns columns{{}, std::move(schema)};
  for (const Field& field : *columns.schema) {
    columns.exprs.push_back(headrace::bind(column(field.name), *columns.schema));
  }
  return columns;
}

Batch encode_rows(const Batch& rows, const EncodedColumns& columns, EvalContext& context) {
  Batch encoded{columns.schema, {}, rows.row_count};
  for (std::size_t i = 0; i < columns.exprs.size(); ++i) {
    encoded.columns.push_back(with_context([&] { return evaluate_coded(*columns.exprs[i], rows, context); },
                                           [&] { return "encoding feature " + (*columns.schema)[i].name; }));
  }
  return encoded;
}

}  // namespace headrace
