// See shared_parts.h. Equal parts are found from the leaves up: arguments that are equal are one object already, so
// that a call is known by its function and the addresses of its arguments.
#include "headrace/expr/shared_parts.h"

#include <map>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "headrace/expr/function.h"

namespace headrace {
namespace {

class Sharing {
 public:
  std::shared_ptr<BoundExpr> add(const BoundExpr& expr) {
    auto copy = std::make_shared<BoundExpr>(expr);
    for (BoundExprPtr& arg : copy->args) arg = add(*arg);
    auto [known, is_new] = parts_.try_emplace(key_of(*copy), copy);
    if (!is_new) known->second->is_shared = known->second->kind == BoundExpr::Kind::kCall;
    return known->second;
  }

 private:
  static std::string key_of(const BoundExpr& expr) {
    std::string key = fmt::format("{} {} ", static_cast<int>(expr.kind), expr.type.to_string());
    switch (expr.kind) {
      case BoundExpr::Kind::kLiteral: return key + expr.literal.to_string();
      case BoundExpr::Kind::kColumn: return key + fmt::format("{}", expr.column_index);
      case BoundExpr::Kind::kCall: break;
    }
    key += fmt::format("{}", fmt::ptr(expr.function));
    for (const BoundExprPtr& arg : expr.args) key += fmt::format(" {}", fmt::ptr(arg.get()));
    return key;
  }

  std::map<std::string, std::shared_ptr<BoundExpr>> parts_;
};

}  // namespace

std::vector<BoundExprPtr> share_equal_parts(const std::vector<BoundExprPtr>& exprs) {
  Sharing sharing;
  std::vector<BoundExprPtr> shared;
  for (const BoundExprPtr& expr : exprs) shared.push_back(sharing.add(*expr));
  return shared;
}

}  // namespace headrace
