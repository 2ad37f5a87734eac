// Leaves few rows out of columns.
#pragma once

#include <cstdint>
#include <span>

#include "headrace/column/column.h"

namespace headrace {

/// `column` without the given rows, which ascend, each once. What lies between them is copied at once, so that this is
/// cheaper than gather() of the others when they are few. The layout stays: of a dictionary column the codes are left
/// out.
Column drop_rows(MemoryBudget& memory, const Column& column, std::span<const std::int64_t> rows);

}  // namespace headrace
