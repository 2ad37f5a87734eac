// See scan_bounds.h.
#include "headrace/expr/scan_bounds.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "headrace/expr/bind.h"

namespace headrace {
namespace {

struct Comparison {
  std::string_view function;
  ScanBound::Op op;
  ScanBound::Op swapped;  // with the literal on the left
};

constexpr std::array<Comparison, 5> kComparisons = {{
    {"eq", ScanBound::Op::kEq, ScanBound::Op::kEq},
    {"lt", ScanBound::Op::kLt, ScanBound::Op::kGt},
    {"le", ScanBound::Op::kLe, ScanBound::Op::kGe},
    {"gt", ScanBound::Op::kGt, ScanBound::Op::kLt},
    {"ge", ScanBound::Op::kGe, ScanBound::Op::kLe},
}};

std::optional<ScanBound> make_bound(const Expr& conjunct, const Schema& schema) {
  // Binding folds constants and inserts the casts that make both sides comparable.
  BoundExprPtr bound = bind(conjunct, schema);
  const auto* call = std::get_if<Call>(&conjunct->kind);
  if (call == nullptr || bound->kind != BoundExpr::Kind::kCall) return std::nullopt;
  if (call->function == "is_not_null" && bound->args[0]->kind == BoundExpr::Kind::kColumn) {
    return ScanBound{schema[bound->args[0]->column_index].name, ScanBound::Op::kIsNotNull, {}};
  }
  for (const Comparison& comparison : kComparisons) {
    if (call->function != comparison.function) continue;
    const BoundExpr& left = *bound->args[0];
    const BoundExpr& right = *bound->args[1];
    bool literal_right = left.kind == BoundExpr::Kind::kColumn && right.kind == BoundExpr::Kind::kLiteral;
    bool literal_left = left.kind == BoundExpr::Kind::kLiteral && right.kind == BoundExpr::Kind::kColumn;
    if (!literal_right && !literal_left) return std::nullopt;
    const BoundExpr& column = literal_right ? left : right;
    const BoundExpr& constant = literal_right ? right : left;
    if (constant.literal.is_null() || !(constant.type == column.type)) return std::nullopt;
    return ScanBound{schema[column.column_index].name, literal_right ? comparison.op : comparison.swapped,
                     constant.literal};
  }
  return std::nullopt;
}

void collect_conjuncts(const Expr& expr, std::vector<Expr>& conjuncts) {
  const auto* node = std::get_if<Call>(&expr->kind);
  if (node == nullptr || node->function != "and") return conjuncts.push_back(expr);
  for (const Expr& arg : node->args) collect_conjuncts(arg, conjuncts);
}

}  // namespace

std::vector<Expr> conjuncts_of(const Expr& expr) {
  std::vector<Expr> conjuncts;
  collect_conjuncts(expr, conjuncts);
  return conjuncts;
}

std::vector<ScanBound> make_scan_bounds(const std::vector<Expr>& conjuncts, const Schema& schema) {
  std::vector<ScanBound> bounds;
  for (const Expr& conjunct : conjuncts) {
    if (std::optional<ScanBound> bound = make_bound(conjunct, schema)) bounds.push_back(std::move(*bound));
  }
  return bounds;
}

}  // namespace headrace
