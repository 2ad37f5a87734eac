// From the expressions a plan pushed into a scan to the simple bounds that readers understand.
#pragma once

#include <vector>

#include "headrace/column/scan_bound.h"
#include "headrace/expr/expr.h"

namespace headrace {

/// The parts of `a and b and …`; of anything else, it alone.
std::vector<Expr> conjuncts_of(const Expr& expr);

/// Bounds of the form `column op literal` and `column is not null` whose literal has, or safely takes, the column's
/// type; anything else is left out, since the filter above the scan still applies it.
std::vector<ScanBound> make_scan_bounds(const std::vector<Expr>& conjuncts, const Schema& schema);

}  // namespace headrace
