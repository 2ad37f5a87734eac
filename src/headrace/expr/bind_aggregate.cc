// The check of one aggregate call. See aggregate.h.
#include <string>
#include <vector>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/nearest.h"
#include "headrace/expr/aggregate.h"
#include "headrace/expr/function.h"

namespace headrace {
namespace {

std::vector<std::string> aggregate_names() {
  std::vector<std::string> names;
  for (const AggregateFunction* aggregate : all_aggregates()) names.emplace_back(aggregate->name);
  return names;
}

/// Why `expr`, which is no aggregate call, cannot stand among the aggregates of a group_by.
[[noreturn]] void refuse_expression(const Expr& expr) {
  const auto* node = std::get_if<Call>(&expr->kind);
  if (node != nullptr && (node->function == "first" || node->function == "last" || node->function == "any_value")) {
    throw Error(ErrorCode::kInvalidPipeline, fmt::format("{} depends on the order of the rows", to_string(expr)),
                "rows of a group have no order: use min or max");
  }
  if (node != nullptr && find_function(node->function) == nullptr) {
    std::vector<std::string> names = aggregate_names();
    throw Error(ErrorCode::kInvalidPipeline, fmt::format("there is no aggregate '{}'", node->function),
                name_hint(node->function, names, "aggregates"));
  }
  throw Error(ErrorCode::kInvalidPipeline, fmt::format("{} is no aggregate call", to_string(expr)),
              "write one call such as sum(x) or count(); what is computed from its result belongs into a with_columns "
              "step after the group_by");
}

}  // namespace

BoundAggregate bind_aggregate(const Expr& expr, const Schema& schema) {
  const auto* node = std::get_if<Call>(&expr->kind);
  const AggregateFunction* function = node == nullptr ? nullptr : find_aggregate(node->function);
  if (function == nullptr) refuse_expression(expr);
  return with_context(
      [&] {
        BoundAggregate bound{.function = function, .argument = nullptr, .arg_type = {}, .result = {}};
        std::vector<Type> given;
        for (const Expr& arg : node->args) {
          bound.argument = bind(arg, schema);
          given.push_back(bound.argument->type);
        }
        function->resolve(given, bound.arg_type, bound.result);
        if (bound.argument && bound.argument->type != bound.arg_type) {
          bound.argument = bind(cast(node->args[0], bound.arg_type), schema);
        }
        return bound;
      },
      [&] { return fmt::format("checking the aggregate {}", to_string(expr)); });
}

}  // namespace headrace
