// The types that literals take from what stands beside them.
#pragma once

#include <string>
#include <vector>

#include "headrace/expr/bind.h"
#include "headrace/expr/function.h"

namespace headrace {

/// A literal that does not fit what it is compared with; bind() shows it at the literal.
struct LiteralError {
  Expr source;
  std::string message;
  std::string hint;
};

/// Replaces literals among `args` before types are resolved:
///   text compared with a date or a timestamp is read as one (throws LiteralError if it is none);
///   an integer compared with a narrower integer column, whose type can hold it, takes that type, which spares a cast a
///   row; an integer beside a decimal in arithmetic takes no more digits than it has.
void suggest_literal_types(const Function& function, std::vector<BoundExprPtr>& args);

}  // namespace headrace
