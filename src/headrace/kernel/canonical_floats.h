// One bit pattern for equal floats.
#pragma once

#include "headrace/column/column.h"

namespace headrace {

/// `column` with -0.0 as 0.0 and every NaN as the one quiet NaN, so that values that are equal have equal bits: what a key
/// of group_by shows must not depend on which of its rows came first. Other types come back as they are, without a copy.
Column canonical_floats(MemoryBudget& memory, const Column& column);

}  // namespace headrace
