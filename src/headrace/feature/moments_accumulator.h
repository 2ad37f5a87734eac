// Mean and variance of a float64 column, exact in any order.
#pragma once

#include <memory>

#include "headrace/feature/transform.h"
#include "headrace/kernel/moments.h"

namespace headrace {

/// Feeds the present values of its one column (float64) to Moments; `state_of` makes the state of them.
std::unique_ptr<Accumulator> moments_accumulator(Json (*state_of)(const Moments& moments));

}  // namespace headrace
