// A transform that fits nothing: an output domain and an expression.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "headrace/feature/transform.h"

namespace headrace {

/// `apply` gives the expression over the inputs; its values are in `output`.
std::unique_ptr<Transform> plain_transform(FeatureDomain output, std::function<Expr(std::span<const Expr>)> apply);

}  // namespace headrace
