// The first rows of a stream, read no further than needed.
#pragma once

#include <cstdint>
#include <vector>

#include "headrace/exec/run_context.h"
#include "headrace/exec/spill/spool.h"
#include "headrace/exec/stage.h"

namespace headrace {

/// Runs splits of `source` through `operators` until there are `row_count` rows, and puts these into `rows`, which is
/// not finished. Splits are run in waves, the first alone and twice as many each time, and a split no further than it
/// alone gives enough: so what is read, counted and found bad does not depend on the number of threads.
void run_first_rows(const StageSource& source, const std::vector<StageOperator>& operators, std::int64_t row_count,
                    Spool& rows, StageCounts& source_counts, const RunContext& context);

}  // namespace headrace
