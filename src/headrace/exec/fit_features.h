// Fits the features of a pipeline on rows that are kept.
#pragma once

#include "headrace/exec/run_context.h"
#include "headrace/exec/spill/spool.h"
#include "headrace/feature/feature_set.h"

namespace headrace {

/// Collects every statistic of `features` over `rows`, stage by stage, all workers at once. The state has the same bits
/// for any number of threads and any cut of the rows into batches. With nothing to fit, returns at once.
void fit_features(FeatureSet& features, const Spool& rows, const RunContext& context);

}  // namespace headrace
