// if_else coalesce nullif greatest least.
//
// if_else and coalesce evaluate a branch only on the rows that take it, so that a branch may fail on the others:
// case when x = 0 then 0 else 1 / x end.
#include <algorithm>
#include <cstring>

#include "headrace/base/error.h"
#include "headrace/expr/function/comparison.h"
#include "headrace/expr/function/loops.h"
#include "headrace/expr/function/resolve.h"
#include "headrace/expr/partial.h"
#include "headrace/kernel/gather.h"

namespace headrace {

extern const Function kCoalesce;
extern const Function kGreatest;
extern const Function kIfElse;
extern const Function kLeast;
extern const Function kNullif;

namespace {

/// The one type that all values of a choice have.
Type chosen_type(std::string_view name, std::span<const Type> all, std::span<const Type> choices) {
  Type common = common_type_of(choices);
  bool all_null =
      std::all_of(choices.begin(), choices.end(), [](const Type& t) { return t.kind() == TypeKind::kNull; });
  if (common.kind() == TypeKind::kNull && !all_null) {
    refuse_args(name, all, "values of one type, or of types that widen to one; cast one of them");
  }
  return common;
}

Resolved resolve_if_else(std::span<const Type> given) {
  require_arg_count("if_else", given, 3, 3, "a condition and two values");
  if (given[0].kind() != TypeKind::kBool && given[0].kind() != TypeKind::kNull) {
    refuse_args("if_else", given, "a condition (bool) first; compare numbers and text, such as x <> 0");
  }
  Type common = chosen_type("if_else", given, given.subspan(1));
  return {{TypeKind::kBool, common, common}, common};
}

Column eval_if_else(const BoundExpr& call, const Batch& batch, EvalContext& context) {
  Column condition = evaluate(*call.args[0], batch, context);
  std::size_t row_count = static_cast<std::size_t>(batch.row_count);
  std::vector<std::uint8_t> mask(row_count);
  std::int64_t true_count = 0;
  for (std::size_t i = 0; i < row_count; ++i) {
    mask[i] = static_cast<std::uint8_t>(condition.values<std::uint8_t>()[i] &
                                        (condition.validity() == nullptr ? 1 : condition.validity()[i]));
    true_count += mask[i];
  }
  if (true_count == batch.row_count) return evaluate(*call.args[1], batch, context);
  if (true_count == 0) return evaluate(*call.args[2], batch, context);
  PartialColumn when_true = evaluate_partial(*call.args[1], batch, mask.data(), 1, context);
  PartialColumn when_false = evaluate_partial(*call.args[2], batch, mask.data(), 0, context);
  return merge(mask.data(), batch.row_count, when_true, when_false, context);
}

Column eval_coalesce(const BoundExpr& call, const Batch& batch, EvalContext& context) {
  Column result = evaluate(*call.args[0], batch, context);
  for (std::size_t k = 1; k < call.args.size() && result.null_count() > 0; ++k) {
    PartialColumn next = evaluate_partial(*call.args[k], batch, result.validity(), 0, context);
    result = merge(result.validity(), batch.row_count, {result, true}, next, context);
  }
  return result;
}

Resolved resolve_choice(std::string_view name, std::span<const Type> given) {
  require_arg_count(name, given, 1, kAnyCount, "at least one value");
  Type common = chosen_type(name, given, given);
  return {std::vector<Type>(given.size(), common), common};
}

bool all_nullable(const BoundExpr& call) {
  return std::all_of(call.args.begin(), call.args.end(), [](const BoundExprPtr& arg) { return arg->nullable; });
}

// nullif

Resolved resolve_nullif(std::span<const Type> given) {
  require_arg_count("nullif", given, 2, 2, "two values of one type");
  Type common = comparable_type("nullif", given);
  return {{common, common}, common};
}

/// 1 where the two columns hold equal values, nulls being equal to nothing.
std::vector<std::uint8_t> equal_rows(const Column& a, const Column& b) {
  std::vector<std::uint8_t> equal(static_cast<std::size_t>(a.length()));
  auto fill = [&](const auto& at) {
    for (std::int64_t i = 0; i < a.length(); ++i) {
      equal[static_cast<std::size_t>(i)] = !a.is_null(i) && !b.is_null(i) && at(i) ? 1 : 0;
    }
  };
  if (a.type().is_binary_like()) {
    fill([&](std::int64_t i) { return a.string_at(i) == b.string_at(i); });
  } else {
    visit_fixed(a.type().kind(), [&](auto tag) {
      using T = typename decltype(tag)::type;
      fill([x = a.values<T>().data(), y = b.values<T>().data()](std::int64_t i) { return values_equal(x[i], y[i]); });
    });
  }
  return equal;
}

Column eval_nullif(const FunctionCall& call) {
  std::vector<std::uint8_t> equal = equal_rows(call.args[0], call.args[1]);
  std::vector<std::int32_t> rows(equal.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = equal[i] != 0 ? -1 : static_cast<std::int32_t>(i);
  bool any = std::find(equal.begin(), equal.end(), 1) != equal.end();
  return any ? gather(call.context.memory, call.args[0], rows) : call.args[0];
}

// greatest, least

Resolved resolve_extreme(std::string_view name, std::span<const Type> given) {
  require_arg_count(name, given, 1, kAnyCount, "at least one value");
  Type common = comparable_type(name, given);
  return {std::vector<Type>(given.size(), common), common};
}

/// The row of each argument's value in a column of all of them, the best so far; nulls lose against everything.
template <typename Better>
Column pick_extreme(const FunctionCall& call, const Better& better) {
  std::vector<std::int32_t> best(static_cast<std::size_t>(call.row_count), -1);
  for (std::size_t k = 0; k < call.args.size(); ++k) {
    for (std::int64_t i = 0; i < call.row_count; ++i) {
      if (call.args[k].is_null(i)) continue;
      std::int32_t& row = best[static_cast<std::size_t>(i)];
      bool wins = row < 0 || better(k, static_cast<std::size_t>(row / call.row_count), i);
      if (wins) row = static_cast<std::int32_t>(static_cast<std::int64_t>(k) * call.row_count + i);
    }
  }
  return gather(call.context.memory, concat(call.context.memory, call.args), best);
}

Column eval_extreme(const FunctionCall& call, bool greatest) {
  auto wins = [greatest](const auto& a, const auto& b) { return greatest ? value_less(b, a) : value_less(a, b); };
  if (call.expr.type.is_binary_like()) {
    return pick_extreme(call, [&](std::size_t a, std::size_t b, std::int64_t row) {
      return wins(call.args[a].string_at(row), call.args[b].string_at(row));
    });
  }
  return visit_fixed(call.expr.type.kind(), [&](auto tag) -> Column {
    using T = typename decltype(tag)::type;
    std::vector<const T*> values;
    for (const Column& arg : call.args) values.push_back(arg.values<T>().data());
    return pick_extreme(
        call, [&](std::size_t a, std::size_t b, std::int64_t row) { return wins(values[a][row], values[b][row]); });
  });
}

}  // namespace

const Function kIfElse = {
    .name = "if_else",
    .group = "conditional",
    .signature = "if_else(condition: bool, then, else) -> common type",
    .summary =
        "The second value where the condition is true, else (false or null) the third; only the one that is taken is "
        "evaluated. `case when … then … else … end` is the same.",
    .examples = {{"if_else(1 < 2, 'a', 'b')", "a"},
                 {"case when null then 1 else 2 end", "2"},
                 {"case 3 when 1 then 'x' when 3 then 'y' end", "y"}},
    .null_rule = NullRule::kOwn,
    .resolve = resolve_if_else,
    .fails = Fails::kNever,
    .nullable = [](const BoundExpr& call) { return call.args[1]->nullable || call.args[2]->nullable; },
    .eval_lazy = eval_if_else,
};

const Function kCoalesce = {
    .name = "coalesce",
    .group = "conditional",
    .signature = "coalesce(x, ...) -> common type",
    .summary = "The first value that is not null. Later ones are evaluated only where those before are null.",
    .examples = {{"coalesce(null, 2, 3)", "2"}, {"coalesce(null, null)", "null"}},
    .null_rule = NullRule::kOwn,
    .resolve = [](std::span<const Type> given) { return resolve_choice("coalesce", given); },
    .fails = Fails::kNever,
    .nullable = all_nullable,
    .eval_lazy = eval_coalesce,
};

const Function kNullif = {
    .name = "nullif",
    .group = "conditional",
    .signature = "nullif(a, b) -> common type",
    .summary = "Null where the values are equal, else a.",
    .examples = {{"nullif(-1, -1)", "null"}, {"nullif('a', 'b')", "a"}, {"nullif(1, null)", "1"}},
    .null_rule = NullRule::kOwn,
    .resolve = resolve_nullif,
    .eval = eval_nullif,
    .fails = Fails::kNever,
};

const Function kGreatest = {
    .name = "greatest",
    .group = "conditional",
    .signature = "greatest(x, ...) -> common type",
    .summary = "The greatest of the values that are not null, null when all are. NaN is greater than all numbers.",
    .examples = {{"greatest(1, null, 3)", "3"}, {"greatest('a', 'b')", "b"}},
    .null_rule = NullRule::kOwn,
    .resolve = [](std::span<const Type> given) { return resolve_extreme("greatest", given); },
    .eval = [](const FunctionCall& call) { return eval_extreme(call, true); },
    .fails = Fails::kNever,
    .nullable = all_nullable,
};

const Function kLeast = {
    .name = "least",
    .group = "conditional",
    .signature = "least(x, ...) -> common type",
    .summary = "The least of the values that are not null, null when all are. NaN is greater than all numbers.",
    .examples = {{"least(1, null, 3)", "1"}, {"least(2.5, 1)", "1.0"}},
    .null_rule = NullRule::kOwn,
    .resolve = [](std::span<const Type> given) { return resolve_extreme("least", given); },
    .eval = [](const FunctionCall& call) { return eval_extreme(call, false); },
    .fails = Fails::kNever,
    .nullable = all_nullable,
};

}  // namespace headrace
