// Expressions: immutable trees of literals, columns and calls, as parsed and before types are known.
//
// An Expr is a small shared value. Operators, case, in, between and cast are calls too: the parser turns `a + 1` into
// add(a, 1) and `case when p then x else y end` into if_else(p, x, y), so that everything behind the parser knows three
// kinds of node. to_string() gives SQL text that parses back to the same tree.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "headrace/column/value.h"

namespace headrace {

/// Where in the expression's own text a node was written: byte offsets [begin, end). Zero width when it was not parsed.
struct TextSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct ExprNode;
using Expr = std::shared_ptr<const ExprNode>;

struct Literal {
  Value value;
};

struct ColumnRef {
  std::string name;
};

/// A call of a function of the table in function.h, of an aggregate of aggregate.h, or of cast / try_cast.
struct Call {
  std::string function;
  std::vector<Expr> args;
  Type cast_type;  // the target, for the functions "cast" and "try_cast" only
};

struct ExprNode {
  std::variant<Literal, ColumnRef, Call> kind;
  TextSpan span;
  std::shared_ptr<const std::string> text;  // what was parsed, shared by all nodes of it; nothing when built by code
};

Expr literal(Value value);
Expr column(std::string name);
Expr call(std::string function, std::vector<Expr> args);
Expr cast(Expr arg, Type type);
Expr try_cast(Expr arg, Type type);

/// SQL text of the tree, with the fewest parentheses that keep its meaning; column names quoted where they must be.
std::string to_string(const Expr& expr);
/// Same tree, spans ignored.
bool same_expr(const Expr& a, const Expr& b);
/// Adds the names of all columns that the tree reads to `names`, each once, in order of appearance.
void collect_columns(const Expr& expr, std::vector<std::string>& names);
/// The tree with every column for which `replace(name)` gives a non-null expression replaced by it.
template <typename Replace>
Expr replace_columns(const Expr& expr, const Replace& replace) {
  if (const auto* ref = std::get_if<ColumnRef>(&expr->kind)) {
    Expr other = replace(ref->name);
    return other ? other : expr;
  }
  const auto* node = std::get_if<Call>(&expr->kind);
  if (node == nullptr) return expr;
  Call copy = *node;
  for (Expr& arg : copy.args) arg = replace_columns(arg, replace);
  return std::make_shared<const ExprNode>(ExprNode{std::move(copy), expr->span, expr->text});
}

}  // namespace headrace
