// What every writer checks of the nulls it is given.
#pragma once

#include <string_view>

#include "headrace/column/column.h"

namespace headrace {

/// Whether a row of the column is null, whatever its layout.
bool holds_null(const Column& column);
/// Throws Error(kUnsupported) naming the first column of type null.
void check_has_no_null_type(const Schema& schema);
/// Throws Error(kBadData) when a column that is not nullable holds a null. `what` opens the message.
void check_nulls(const Schema& schema, const Batch& batch, std::string_view what);

}  // namespace headrace
