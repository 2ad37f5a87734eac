// The plan of a pipeline as text.
#pragma once

#include <string>

#include "headrace/frame/run.h"
#include "headrace/plan/pipeline.h"

namespace headrace {

struct Explanation {
  std::string logical;  // each table as the pipeline writes it
  std::string
      physical;  // what the engine runs: optimised plan, then contract, split, features by fitting stage, outputs
};

/// Opens sources to learn their columns, reads no rows.
Explanation explain_pipeline(const Pipeline& pipeline, const RunOptions& options);

}  // namespace headrace
