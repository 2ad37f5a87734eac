// See expr.h; to_string() is in print.cc.
#include "headrace/expr/expr.h"

#include <algorithm>
#include <utility>

namespace headrace {
namespace {

Expr make_node(decltype(ExprNode::kind) kind) {
  return std::make_shared<const ExprNode>(ExprNode{std::move(kind), {}, nullptr});
}

bool same_args(const std::vector<Expr>& a, const std::vector<Expr>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_expr);
}

}  // namespace

Expr literal(Value value) { return make_node(Literal{std::move(value)}); }
Expr column(std::string name) { return make_node(ColumnRef{std::move(name)}); }
Expr call(std::string function, std::vector<Expr> args) {
  return make_node(Call{std::move(function), std::move(args), Type()});
}
Expr cast(Expr arg, Type type) { return make_node(Call{"cast", {std::move(arg)}, std::move(type)}); }
Expr try_cast(Expr arg, Type type) { return make_node(Call{"try_cast", {std::move(arg)}, std::move(type)}); }

bool same_expr(const Expr& a, const Expr& b) {
  if (a->kind.index() != b->kind.index()) return false;
  if (const auto* x = std::get_if<Literal>(&a->kind)) return x->value == std::get<Literal>(b->kind).value;
  if (const auto* x = std::get_if<ColumnRef>(&a->kind)) return x->name == std::get<ColumnRef>(b->kind).name;
  const Call& x = std::get<Call>(a->kind);
  const Call& y = std::get<Call>(b->kind);
  return x.function == y.function && x.cast_type == y.cast_type && same_args(x.args, y.args);
}

void collect_columns(const Expr& expr, std::vector<std::string>& names) {
  if (const auto* ref = std::get_if<ColumnRef>(&expr->kind)) {
    if (std::find(names.begin(), names.end(), ref->name) == names.end()) names.push_back(ref->name);
  } else if (const auto* node = std::get_if<Call>(&expr->kind)) {
    for (const Expr& arg : node->args) collect_columns(arg, names);
  }
}

}  // namespace headrace
