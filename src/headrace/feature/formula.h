// Expressions written as text, for apply(): formula("coalesce(x, v)", {{"x", input}, {"v", number_literal(3)}}).
//
// The text names what it does in the language that the result prints in, and needs no knowledge of how the parser
// spells operators as calls.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "headrace/expr/expr.h"

namespace headrace {

/// Parses `text` and puts the given expressions in the place of its columns. Requires: every column of the text is
/// given.
Expr formula(std::string_view text, std::initializer_list<std::pair<std::string_view, Expr>> columns);

Expr number_literal(double value);
Expr integer_literal(std::int64_t value);
/// A literal list of float64, int64 or string; for an empty list see the callers: no function takes one.
Expr list_literal(std::span<const double> values);
Expr list_literal(std::span<const std::int64_t> values);
Expr list_literal(std::span<const std::string> values);
/// `expr` as float64; the same expression when `type` is float64 already.
Expr as_float64(const Expr& expr, const Type& type);

}  // namespace headrace
