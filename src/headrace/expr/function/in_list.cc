// in, between.
//
// The literals of `in` are put into a hash set once, at bind time; values computed a row are compared one by one.
#include <algorithm>
#include <cstring>

#include "headrace/expr/function/comparison.h"
#include "headrace/expr/function/loops.h"
#include "headrace/expr/function/resolve.h"
#include "headrace/expr/function/value_index.h"
#include "headrace/kernel/hash.h"

namespace headrace {

extern const Function kBetween;
extern const Function kIn;

namespace {

bool any_nullable(const BoundExpr& call) {
  return std::any_of(call.args.begin(), call.args.end(), [](const BoundExprPtr& arg) { return arg->nullable; });
}

Resolved resolve_same(std::string_view name, std::span<const Type> given, std::size_t min, std::size_t max,
                      std::string_view accepted) {
  require_arg_count(name, given, min, max, accepted);
  Type common = comparable_type(name, given);
  return {std::vector<Type>(given.size(), common), TypeKind::kBool};
}

/// The argument as a column, of a literal too.
Column argument_column(const FunctionCall& call, std::size_t index) {
  const Value* literal = call.literal(index);
  return literal == nullptr ? call.args[index] : constant_column(call.context.memory, *literal, call.row_count);
}

/// A bool column in the making, row by row true, false or null.
class BoolRows {
 public:
  explicit BoolRows(const FunctionCall& call)
      : call_(call), values_(allocate_values<std::uint8_t>(call)), validity_(allocate_values<std::uint8_t>(call)) {}

  void set(std::int64_t row, bool value, bool valid) {
    values_->mutable_as<std::uint8_t>()[row] = value && valid ? 1 : 0;
    validity_->mutable_as<std::uint8_t>()[row] = valid ? 1 : 0;
    any_null_ |= !valid;
  }
  Column finish() {
    return Column::fixed(TypeKind::kBool, call_.row_count, std::move(values_),
                         any_null_ ? std::move(validity_) : nullptr);
  }

 private:
  const FunctionCall& call_;
  std::shared_ptr<Buffer> values_;
  std::shared_ptr<Buffer> validity_;
  bool any_null_ = false;
};

/// A bool column without nulls.
template <typename Holds>
Column fill_bools(const FunctionCall& call, const Holds& holds) {
  std::shared_ptr<Buffer> values = allocate_values<std::uint8_t>(call);
  auto* out = values->mutable_as<std::uint8_t>();
  for (std::int64_t row = 0; row < call.row_count; ++row) out[row] = holds(row) ? 1 : 0;
  return Column::fixed(TypeKind::kBool, call.row_count, std::move(values));
}

// in

struct InList {
  ValueIndex literals;
  std::vector<std::size_t> others;  // arguments that are no literals
};

std::shared_ptr<const void> prepare_in(const BoundExpr& call) {
  auto list = std::make_shared<InList>();
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();  // part of the pipeline, not of its data
  ColumnBuilder literals(*memory, call.args[0]->type);
  for (std::size_t i = 1; i < call.args.size(); ++i) {
    if (call.args[i]->kind == BoundExpr::Kind::kLiteral) {
      append_value(literals, call.args[i]->literal);
    } else {
      list->others.push_back(i);
    }
  }
  list->literals = ValueIndex(literals.finish());
  return list;
}

/// `in_literals(row)`: x is among the literals; `equals(k, row)`: x equals argument k.
template <typename InLiterals, typename Equals>
Column find_rows(const FunctionCall& call, const Column& x, const InLiterals& in_literals, const Equals& equals) {
  const InList& list = *static_cast<const InList*>(call.expr.prepared.get());
  bool simple = x.validity() == nullptr && !list.literals.has_null() && list.others.empty();
  if (simple) return fill_bools(call, in_literals);
  BoolRows out(call);
  for (std::int64_t row = 0; row < call.row_count; ++row) {
    if (x.is_null(row)) {
      out.set(row, false, false);
      continue;
    }
    bool found = in_literals(row);
    bool met_null = list.literals.has_null();
    for (std::size_t k = 0; k < list.others.size() && !found; ++k) {
      bool other_null = call.args[list.others[k]].is_null(row);
      met_null |= other_null;
      found = !other_null && equals(list.others[k], row);
    }
    out.set(row, found, found || !met_null);
  }
  return out.finish();
}

Column eval_in(const FunctionCall& call) {
  const ValueIndex& literals = static_cast<const InList*>(call.expr.prepared.get())->literals;
  Column x = argument_column(call, 0);
  if (x.type().is_binary_like()) {
    return find_rows(
        call, x,
        [&](std::int64_t row) {
          std::string_view text = x.string_at(row);
          return literals.find(text, hash_bytes(text)) != ValueIndex::kMissing;
        },
        [&](std::size_t k, std::int64_t row) { return call.args[k].string_at(row) == x.string_at(row); });
  }
  return visit_fixed(x.type().kind(), [&](auto tag) -> Column {
    using T = typename decltype(tag)::type;
    const T* values = x.values<T>().data();
    std::vector<const T*> columns;
    for (const Column& arg : call.args) columns.push_back(reinterpret_cast<const T*>(arg.raw_values()));
    auto in_literals = [&](std::int64_t row) {
      if constexpr (std::is_same_v<T, Int128>) {
        std::string_view bytes(reinterpret_cast<const char*>(values + row), sizeof(Int128));
        return literals.find(bytes, hash_bytes(bytes)) != ValueIndex::kMissing;
      } else {
        return literals.find(index_key(values[row])) != ValueIndex::kMissing;
      }
    };
    return find_rows(call, x, in_literals,
                     [&](std::size_t k, std::int64_t row) { return values_equal(columns[k][row], values[row]); });
  });
}

// between

/// not_below and not_above are the two comparisons, in three-valued logic with the nulls of the arguments.
template <typename NotBelow, typename NotAbove>
Column find_between(const FunctionCall& call, std::span<const Column> args, const NotBelow& not_below,
                    const NotAbove& not_above) {
  bool no_nulls = std::all_of(args.begin(), args.end(), [](const Column& arg) { return arg.validity() == nullptr; });
  if (no_nulls) return fill_bools(call, [&](std::int64_t row) { return not_below(row) & not_above(row); });
  BoolRows out(call);
  for (std::int64_t row = 0; row < call.row_count; ++row) {
    bool low_known = !args[0].is_null(row) && !args[1].is_null(row);
    bool high_known = !args[0].is_null(row) && !args[2].is_null(row);
    bool outside = (low_known && !not_below(row)) || (high_known && !not_above(row));
    out.set(row, !outside, outside || (low_known && high_known));
  }
  return out.finish();
}

Column eval_between(const FunctionCall& call) {
  const Column args[] = {argument_column(call, 0), argument_column(call, 1), argument_column(call, 2)};
  if (args[0].type().is_binary_like()) {
    return find_between(
        call, args, [&](std::int64_t row) { return !value_less(args[0].string_at(row), args[1].string_at(row)); },
        [&](std::int64_t row) { return !value_less(args[2].string_at(row), args[0].string_at(row)); });
  }
  return visit_fixed(args[0].type().kind(), [&](auto tag) -> Column {
    using T = typename decltype(tag)::type;
    const T* x = args[0].values<T>().data();
    const T* low = args[1].values<T>().data();
    const T* high = args[2].values<T>().data();
    return find_between(
        call, args, [=](std::int64_t row) { return !value_less(x[row], low[row]); },
        [=](std::int64_t row) { return !value_less(high[row], x[row]); });
  });
}

}  // namespace

const Function kIn = {
    .name = "in",
    .group = "comparison",
    .signature = "x in (a, ...) -> bool",
    .summary = "Whether x equals one of the values; null when x is null, or when none is equal but one is null.",
    .examples = {{"2 in (1, 2)", "true"},
                 {"'c' in ('a', 'b')", "false"},
                 {"3 in (1, null)", "null"},
                 {"3 not in (1, 2)", "true"}},
    .null_rule = NullRule::kOwn,
    .resolve =
        [](std::span<const Type> given) {
          return resolve_same("in", given, 2, kAnyCount, "a value and at least one to compare it with");
        },
    .eval = eval_in,
    .prepare = prepare_in,
    .reads_literals = true,
    .fails = Fails::kNever,
    .nullable = any_nullable,
};

const Function kBetween = {
    .name = "between",
    .group = "comparison",
    .signature = "x between low and high -> bool",
    .summary = "Whether low <= x and x <= high.",
    .examples = {{"2 between 1 and 3", "true"}, {"5 between null and 3", "false"}, {"2 between null and 3", "null"}},
    .null_rule = NullRule::kOwn,
    .resolve =
        [](std::span<const Type> given) { return resolve_same("between", given, 3, 3, "a value and two bounds"); },
    .eval = eval_between,
    .reads_literals = true,
    .fails = Fails::kNever,
    .nullable = any_nullable,
};

}  // namespace headrace
