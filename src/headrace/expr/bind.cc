// See bind.h. Binding works from the leaves up: each node's arguments are bound, literals among them are given the type
// that their neighbours suggest, the function says which types it wants, casts are inserted, and what is constant is
// computed.
#include "headrace/expr/bind.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/nearest.h"
#include "headrace/column/decimal.h"
#include "headrace/expr/aggregate.h"
#include "headrace/expr/bind_fold.h"
#include "headrace/expr/evaluate.h"
#include "headrace/expr/function.h"
#include "headrace/expr/function/cast.h"
#include "headrace/expr/literal_types.h"
#include "headrace/expr/parse.h"
#include "headrace/expr/syntax.h"

namespace headrace {
namespace {

class Binder {
 public:
  Binder(const Expr& root, const Schema& schema, Fold fold) : root_(root), schema_(schema), fold_(fold) {}

  BoundExprPtr bind_node(const Expr& expr) {
    if (const auto* node = std::get_if<Literal>(&expr->kind)) return make_literal(node->value, expr);
    if (const auto* ref = std::get_if<ColumnRef>(&expr->kind)) return bind_column(ref->name, expr);
    const Call& node = std::get<Call>(expr->kind);
    if (node.function == "cast" || node.function == "try_cast") return bind_cast(node, expr);
    return bind_call(node, expr);
  }

 private:
  static BoundExprPtr make_literal(Value value, const Expr& source) {
    auto bound = std::make_shared<BoundExpr>();
    bound->kind = BoundExpr::Kind::kLiteral;
    bound->type = value.type;
    bound->nullable = value.is_null();
    bound->literal = std::move(value);
    bound->source = source;
    return bound;
  }

  BoundExprPtr bind_column(const std::string& name, const Expr& expr) const {
    std::optional<std::size_t> index = schema_.find(name);
    if (!index) {
      fail(expr, ErrorCode::kNotFound, fmt::format("unknown column '{}'", name), unknown_column_hint(name));
    }
    auto bound = std::make_shared<BoundExpr>();
    bound->kind = BoundExpr::Kind::kColumn;
    bound->type = schema_[*index].type;
    bound->nullable = schema_[*index].nullable;
    bound->column_index = *index;
    bound->source = expr;
    return bound;
  }

  std::string unknown_column_hint(const std::string& name) const {
    if (schema_.size() == 0) return "no columns can be used here; text takes single quotes: '" + name + "'";
    return name_hint(name, schema_.names(), "columns", 40);
  }

  BoundExprPtr bind_call(const Call& node, const Expr& expr) {
    const Function* function = find_function(node.function);
    if (function == nullptr) fail_unknown_function(node.function, expr);
    std::vector<BoundExprPtr> args;
    for (const Expr& arg : node.args) args.push_back(bind_node(arg));
    at(expr, [&] { suggest_literal_types(*function, args); });

    auto bound = std::make_shared<BoundExpr>();
    bound->kind = BoundExpr::Kind::kCall;
    bound->function = function;
    bound->source = expr;
    Resolved resolved = at(expr, [&] { return resolve(*function, args); });
    HEADRACE_CHECK(resolved.arg_types.size() == args.size());
    bound->type = std::move(resolved.result);
    for (std::size_t i = 0; i < args.size(); ++i) args[i] = coerce(args[i], resolved.arg_types[i]);
    bound->args = std::move(args);
    bound->nullable = can_be_null(*bound);
    bound->fails_itself = fails_itself(*bound);
    bound->can_fail = bound->fails_itself ||
                      std::any_of(bound->args.begin(), bound->args.end(), [](auto& arg) { return arg->can_fail; });
    if (fold_ == Fold::kConstants && has_null_literal(*bound)) return make_literal(Value::null(bound->type), expr);
    if (function->prepare != nullptr) bound->prepared = at(expr, [&] { return function->prepare(*bound); });
    return fold(bound);
  }

  static Resolved resolve(const Function& function, std::span<const BoundExprPtr> args) {
    if (function.resolve_args != nullptr) return function.resolve_args(args);
    std::vector<Type> types;
    for (const BoundExprPtr& arg : args) types.push_back(arg->type);
    return function.resolve(types);
  }

  BoundExprPtr bind_cast(const Call& node, const Expr& expr) {
    bool complete = node.args.size() == 1 && node.cast_type.kind() != TypeKind::kNull;
    if (!complete) {
      fail(expr, ErrorCode::kInvalidPipeline, fmt::format("{} takes one value and a type", node.function),
           fmt::format("write {}(x as int64)", node.function));
    }
    BoundExprPtr arg = bind_node(node.args[0]);
    if (!is_cast_allowed(arg->type, node.cast_type)) {
      fail(expr, ErrorCode::kInvalidPipeline,
           fmt::format("{} cannot be cast to {}", arg->type.to_string(), node.cast_type.to_string()),
           cast_hint(arg->type, node.cast_type));
    }
    if (arg->type == node.cast_type) return arg;
    return make_cast(node.function == "cast" ? kCast : kTryCast, arg, node.cast_type, expr);
  }

  BoundExprPtr make_cast(const Function& function, const BoundExprPtr& arg, const Type& type, const Expr& source) {
    if (arg->kind == BoundExpr::Kind::kLiteral && arg->literal.is_null())
      return make_literal(Value::null(type), source);
    auto bound = std::make_shared<BoundExpr>();
    bound->kind = BoundExpr::Kind::kCall;
    bound->function = &function;
    bound->type = type;
    bound->args = {arg};
    bool fails = can_cast_fail(arg->type, type);
    bool is_try = &function == &kTryCast;
    bound->nullable = arg->nullable || (is_try && fails);
    bound->fails_itself = !is_try && fails;
    bound->can_fail = arg->can_fail || bound->fails_itself;
    bound->source = source;
    return fold(bound);
  }

  BoundExprPtr coerce(const BoundExprPtr& arg, const Type& type) {
    return arg->type == type ? arg : make_cast(kCast, arg, type, arg->source);
  }

  /// The value of a call of literals only; the call itself when it fails, so that it does so only where it is needed.
  BoundExprPtr fold(const std::shared_ptr<BoundExpr>& bound) {
    if (fold_ == Fold::kLists && !bound->type.is_list()) return bound;
    auto is_literal = [](const BoundExprPtr& arg) { return arg->kind == BoundExpr::Kind::kLiteral; };
    bool constant = std::all_of(bound->args.begin(), bound->args.end(), is_literal);
    if (!constant || bound->type.kind() == TypeKind::kStruct) return bound;
    EvalContext context(*memory_);
    try {
      Column column = evaluate(*bound, Batch{nullptr, {}, 1}, context);
      return make_literal(value_at(column, 0), bound->source);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kBadData) throw;
      return bound;
    }
  }

  static bool has_null_literal(const BoundExpr& bound) {
    return bound.function->null_rule == NullRule::kPropagate &&
           std::any_of(bound.args.begin(), bound.args.end(), [](const BoundExprPtr& arg) {
             return arg->kind == BoundExpr::Kind::kLiteral && arg->literal.is_null();
           });
  }

  static bool can_be_null(const BoundExpr& bound) {
    if (bound.function->null_rule == NullRule::kOwn) {
      return bound.function->nullable == nullptr || bound.function->nullable(bound);
    }
    return bound.function->may_make_null ||
           std::any_of(bound.args.begin(), bound.args.end(), [](const BoundExprPtr& arg) { return arg->nullable; });
  }

  static bool fails_itself(const BoundExpr& bound) {
    bool floats = std::all_of(bound.args.begin(), bound.args.end(), [](auto& arg) { return arg->type.is_floating(); });
    return bound.function->fails == Fails::kMaybe || (bound.function->fails == Fails::kUnlessFloat && !floats);
  }

  // Messages.

  [[noreturn]] void fail_unknown_function(const std::string& name, const Expr& expr) const {
    if (find_aggregate(name) != nullptr) {
      fail(expr, ErrorCode::kInvalidPipeline, fmt::format("{} is an aggregate and has no value for a single row", name),
           "aggregates stand alone in the aggregates of a group_by step; compute with their results in the step after "
           "it");
    }
    std::vector<std::string> names;
    for (const Function* function : all_functions()) names.emplace_back(function->name);
    std::string hint = "`headrace functions` lists all functions";
    if (std::optional<std::string> near = nearest_name(name, names))
      hint = fmt::format("did you mean '{}'? {}", *near, hint);
    fail(expr, ErrorCode::kNotFound, fmt::format("unknown function '{}'", name), hint);
  }

  /// Runs `body`; what it throws is shown at `expr`.
  template <typename Body>
  std::invoke_result_t<Body> at(const Expr& expr, const Body& body) const {
    try {
      return body();
    } catch (const LiteralError& error) {
      fail(error.source, ErrorCode::kInvalidPipeline, error.message, error.hint);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kInternal) throw;
      fail(expr, error.code(), error.message(), error.hint());
    }
  }

  [[noreturn]] void fail(const Expr& expr, ErrorCode code, const std::string& message, const std::string& hint) const {
    std::string marked;
    if (expr->text && expr->span.end > expr->span.begin) {
      marked = mark_span(*expr->text, expr->span);
    } else {
      TextSpan span;
      std::string text = to_string_with_span(root_, expr.get(), span);
      marked = mark_span(text, span);
    }
    throw Error(code, message + "\n" + marked, hint);
  }

  const Expr& root_;
  const Schema& schema_;
  Fold fold_;
  std::shared_ptr<MemoryBudget> memory_ = MemoryBudget::create();  // literals are part of the pipeline, not of its data
};

}  // namespace

BoundExprPtr bind(const Expr& expr, const Schema& schema) { return bind(expr, schema, Fold::kConstants); }

BoundExprPtr bind(const Expr& expr, const Schema& schema, Fold fold) {
  return Binder(expr, schema, fold).bind_node(expr);
}

}  // namespace headrace
