// A simple bound on a column, which readers understand.
#pragma once

#include <string>

#include "headrace/column/value.h"

namespace headrace {

/// What a scan may use to skip rows that cannot pass; a filter above still applies the predicate.
struct ScanBound {
  enum class Op { kEq, kLt, kLe, kGt, kGe, kIsNotNull };
  std::string column;
  Op op;
  Value value;
};

}  // namespace headrace
