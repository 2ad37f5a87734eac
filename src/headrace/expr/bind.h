// Type check: from an Expr and a Schema to a BoundExpr that can be evaluated on batches of that schema.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "headrace/column/column.h"
#include "headrace/expr/expr.h"

namespace headrace {

struct Function;

/// A typed expression. Immutable; may be shared by threads.
struct BoundExpr {
  enum class Kind { kLiteral, kColumn, kCall };

  Kind kind;
  Type type;
  bool nullable = true;
  bool can_fail = false;                               // some values of the columns make evaluation fail
  bool fails_itself = false;                           // kCall; so may the call, whatever its arguments do
  bool is_shared = false;                              // occurs more than once, see shared_parts.h
  Value literal;                                       // kLiteral
  std::size_t column_index = 0;                        // kColumn
  const Function* function = nullptr;                  // kCall
  std::vector<std::shared_ptr<const BoundExpr>> args;  // kCall; already cast to what the function wants
  std::shared_ptr<const void> prepared;                // kCall; what Function::prepare made, or nothing
  Expr source;                                         // for messages about a value that made it fail
};
using BoundExprPtr = std::shared_ptr<const BoundExpr>;

/// Checks names and types of `expr` against `schema`, inserts implicit casts, folds constant subtrees.
/// Throws Error(kInvalidPipeline) or kNotFound with the text, a caret, the valid names or the accepted types.
/// Aggregate calls are refused here with a hint to use group_by.
BoundExprPtr bind(const Expr& expr, const Schema& schema);

/// The implicit-cast rule: can a value of `from` be used where `to` is wanted (widening only; null goes anywhere)?
bool can_coerce(const Type& from, const Type& to);
/// The least type that both coerce to, or kNull type when there is none (null with null gives null).
Type common_type(const Type& a, const Type& b);

}  // namespace headrace
