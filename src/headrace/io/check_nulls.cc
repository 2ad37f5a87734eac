// See check_nulls.h.
#include "headrace/io/check_nulls.h"

#include <fmt/format.h>

#include "headrace/base/error.h"

namespace headrace {

bool holds_null(const Column& column) {
  if (!column.is_dictionary()) return column.null_count() > 0;
  std::int32_t any_sign = 0;
  for (std::int32_t code : column.codes()) any_sign |= code;
  if (any_sign < 0) return true;
  const Column& values = *column.dictionary();
  bool may_be_null = values.is_dictionary() || values.validity() != nullptr;
  return may_be_null && column.null_count() > 0;
}

void check_nulls(const Schema& schema, const Batch& batch, std::string_view what) {
  HEADRACE_CHECK(batch.columns.size() == schema.size());
  for (std::size_t i = 0; i < schema.size(); ++i) {
    HEADRACE_CHECK(batch.columns[i].type() == schema[i].type);
    if (!schema[i].nullable && holds_null(batch.columns[i])) {
      throw Error(ErrorCode::kBadData,
                  fmt::format("{}: column '{}' is not nullable but holds a null", what, schema[i].name),
                  "fill the nulls in a step, or make the column nullable");
    }
  }
}

void check_has_no_null_type(const Schema& schema) {
  for (const Field& field : schema) {
    if (field.type.kind() != TypeKind::kNull) continue;
    throw Error(ErrorCode::kUnsupported, fmt::format("column '{}' has no type: all its values are null", field.name),
                "cast it to a type");
  }
}

}  // namespace headrace
