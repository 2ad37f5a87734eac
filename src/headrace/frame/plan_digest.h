// A digest of what a pipeline computes, wherever its data lies and goes.
#pragma once

#include <string>

#include "headrace/frame/prepare.h"

namespace headrace {

/// "xxh3:<32 hex digits>" of the plan that the engine runs, contract, features and split: equal for a pipeline of
/// Python, its file, and what is read from that file. Paths, parameters, stores and outputs do not count.
std::string plan_digest(const PreparedPipeline& prepared);

}  // namespace headrace
