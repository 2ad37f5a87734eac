// The text form of expressions: SQL scalar expressions.
#pragma once

#include <string_view>

#include "headrace/expr/expr.h"

namespace headrace {

/// Parses one expression. Throws Error(kInvalidPipeline) whose message shows the text with a caret under the place and
/// says what was expected, for example
///
///   unexpected 'then' in an expression
///     case when a > then 1 end
///                   ^~~~
///   hint: expected a value, a column, a function call or '('
///
/// Function names are checked by bind(), not here.
Expr parse_expr(std::string_view text);

/// The two lines "    text" and "    ^~~~" that show `span` inside `text`, for messages about a part of an expression.
std::string mark_span(std::string_view text, TextSpan span);

}  // namespace headrace
