// The plan of a pipeline as text.
#pragma once

#include <string>

#include "headrace/frame/plan_graph.h"
#include "headrace/frame/run.h"
#include "headrace/plan/pipeline.h"

namespace headrace {

struct Explanation {
  std::string logical;  // each table as the pipeline writes it
  std::string
      physical;  // what the engine runs: optimised plan, then contract, split, features by fitting stage, outputs
};

/// The plan that the engine runs, as plan_graph() writes it: of the feature table (and the contract's), or without
/// features of the last table. Opens sources to learn their columns, reads no rows.
std::string explain_graph(const Pipeline& pipeline, GraphFormat format, const RunOptions& options);

/// Opens sources to learn their columns, reads no rows.
Explanation explain_pipeline(const Pipeline& pipeline, const RunOptions& options);

}  // namespace headrace
