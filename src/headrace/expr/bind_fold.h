// bind() for engines that compute constants themselves.
#pragma once

#include "headrace/expr/bind.h"

namespace headrace {

enum class Fold {
  kConstants,  // calls of literals become literals, as bind() does it
  kLists,      // only those that make lists: functions such as in() want them as literals
};

BoundExprPtr bind(const Expr& expr, const Schema& schema, Fold fold);

}  // namespace headrace
