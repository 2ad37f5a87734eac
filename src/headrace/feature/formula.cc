// See formula.h.

#include "headrace/feature/formula.h"

#include "headrace/base/error.h"
#include "headrace/column/column_builder.h"
#include "headrace/expr/parse.h"

namespace headrace {

namespace {

template <typename T, typename Append>
Expr list_of(TypeKind kind, std::span<const T> values, const Append& append) {
  auto memory = MemoryBudget::create();
  ColumnBuilder builder(*memory, kind);
  for (const T& value : values) append(builder, value);
  return literal(Value::list(builder.finish()));
}

}  // namespace

Expr formula(std::string_view text, std::initializer_list<std::pair<std::string_view, Expr>> columns) {
  return replace_columns(parse_expr(text), [&](const std::string& name) {
    for (const auto& [column, expr] : columns) {
      if (column == name) return expr;
    }
    HEADRACE_CHECK(false);  // a column of the formula is not given
  });
}

Expr number_literal(double value) { return literal(Value::float64(value)); }

Expr integer_literal(std::int64_t value) { return literal(Value::int64(value)); }

Expr list_literal(std::span<const double> values) {
  return list_of(TypeKind::kFloat64, values, [](ColumnBuilder& to, double value) { to.append(value); });
}

Expr list_literal(std::span<const std::int64_t> values) {
  return list_of(TypeKind::kInt64, values, [](ColumnBuilder& to, std::int64_t value) { to.append(value); });
}

Expr list_literal(std::span<const std::string> values) {
  return list_of(TypeKind::kString, values,
                 [](ColumnBuilder& to, const std::string& value) { to.append_string(value); });
}

Expr as_float64(const Expr& expr, const Type& type) {
  return type.kind() == TypeKind::kFloat64 ? expr : cast(expr, TypeKind::kFloat64);
}

}  // namespace headrace
