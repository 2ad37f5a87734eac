// and or not is_null is_not_null is_nan, in three-valued logic.
//
// `and` and `or` take two or more arguments and evaluate each one only on the rows that those before it left open:
// after `and` met false, or `or` met true, nothing can change, and nothing can fail.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "headrace/expr/function/loops.h"
#include "headrace/expr/function/resolve.h"
#include "headrace/expr/partial.h"

namespace headrace {

extern const Function kAnd;
extern const Function kIsNan;
extern const Function kIsNotNull;
extern const Function kIsNull;
extern const Function kNot;
extern const Function kOr;

namespace {

Resolved resolve_bools(std::string_view name, std::span<const Type> given, std::size_t min, std::size_t max) {
  constexpr std::string_view kAccepted = "conditions (bool); compare numbers and text first, such as x <> 0";
  require_arg_count(name, given, min, max, kAccepted);
  for (const Type& type : given) {
    if (type.kind() != TypeKind::kBool && type.kind() != TypeKind::kNull) refuse_args(name, given, kAccepted);
  }
  return {std::vector<Type>(given.size(), TypeKind::kBool), TypeKind::kBool};
}

bool any_nullable(const BoundExpr& call) {
  return std::any_of(call.args.begin(), call.args.end(), [](const BoundExprPtr& arg) { return arg->nullable; });
}

/// Combines the arguments of `and` (deciding value 0) or `or` (deciding value 1) row by row: a row is decided once an
/// argument had the deciding value, and else known as long as no argument was null.
class Decision {
 public:
  Decision(std::uint8_t deciding, std::int64_t row_count, MemoryBudget& memory)
      : deciding_(deciding),
        row_count_(row_count),
        decided_(Buffer::allocate(memory, static_cast<std::size_t>(row_count))),
        known_(Buffer::allocate(memory, static_cast<std::size_t>(row_count))) {
    std::memset(decided_->mutable_data(), 0, decided_->size_bytes());
    std::memset(known_->mutable_data(), 1, known_->size_bytes());
  }

  /// 1 for rows that further arguments cannot change.
  std::uint8_t* decided() { return decided_->mutable_as<std::uint8_t>(); }
  bool is_complete() { return std::find(decided(), decided() + row_count_, 0) == decided() + row_count_; }

  /// Adds an argument that was evaluated where decided() is 0.
  void add(const PartialColumn& part) {
    const std::uint8_t* in = part.column.values<std::uint8_t>().data();
    const std::uint8_t* in_valid = part.column.validity();
    std::uint8_t *met = decided(), *sure = known();
    std::uint8_t flip = static_cast<std::uint8_t>(deciding_ ^ 1);
    if (part.by_row && in_valid == nullptr) {
      for (std::int64_t i = 0; i < row_count_; ++i) met[i] |= static_cast<std::uint8_t>(in[i] ^ flip);
    } else if (part.by_row) {
      for (std::int64_t i = 0; i < row_count_; ++i) {
        met[i] |= static_cast<std::uint8_t>(in_valid[i] & (in[i] ^ flip));
        sure[i] &= in_valid[i];
      }
    } else {
      for (std::int64_t i = 0, next = 0; i < row_count_; ++i) {
        if (met[i] != 0) continue;
        std::uint8_t valid = in_valid == nullptr ? std::uint8_t{1} : in_valid[next];
        met[i] = static_cast<std::uint8_t>(valid & (in[next++] ^ flip));
        sure[i] &= valid;
      }
    }
  }

  Column finish() {
    // In place: decided_ becomes the values, known_ the validity.
    std::uint8_t *met = decided(), *sure = known();
    std::uint8_t all = 1, flip = static_cast<std::uint8_t>(deciding_ ^ 1);
    for (std::int64_t i = 0; i < row_count_; ++i) {
      std::uint8_t valid = static_cast<std::uint8_t>(met[i] | sure[i]);
      met[i] = static_cast<std::uint8_t>(valid & (met[i] ^ flip));
      sure[i] = valid;
      all &= valid;
    }
    return Column::fixed(TypeKind::kBool, row_count_, decided_, all != 0 ? nullptr : known_);
  }

 private:
  std::uint8_t* known() { return known_->mutable_as<std::uint8_t>(); }

  std::uint8_t deciding_;
  std::int64_t row_count_;
  std::shared_ptr<Buffer> decided_;
  std::shared_ptr<Buffer> known_;
};

Column decide(const BoundExpr& call, const Batch& batch, EvalContext& context, std::uint8_t deciding) {
  Decision decision(deciding, batch.row_count, context.memory);
  for (const BoundExprPtr& arg : call.args) {
    if (decision.is_complete()) break;
    decision.add(evaluate_partial(*arg, batch, decision.decided(), 0, context));
  }
  return decision.finish();
}

Column eval_is_null(const FunctionCall& call, std::uint8_t when_null) {
  std::shared_ptr<Buffer> values = allocate_values<std::uint8_t>(call);
  auto* out = values->mutable_as<std::uint8_t>();
  const std::uint8_t* valid = call.args[0].validity();
  for (std::int64_t i = 0; i < call.row_count; ++i) {
    bool is_null = valid != nullptr && valid[i] == 0;
    out[i] = is_null ? when_null : static_cast<std::uint8_t>(1 - when_null);
  }
  return Column::fixed(TypeKind::kBool, call.row_count, std::move(values));
}

Resolved resolve_any(std::string_view name, std::span<const Type> given) {
  require_arg_count(name, given, 1, 1, "one value");
  return {{given[0]}, TypeKind::kBool};
}

Resolved resolve_is_nan(std::span<const Type> given) {
  require_arg_count("is_nan", given, 1, 1, "one number");
  bool fits = given[0].is_numeric() || given[0].kind() == TypeKind::kNull;
  if (!fits) refuse_args("is_nan", given, "one number");
  return {{given[0].kind() == TypeKind::kFloat32 ? given[0] : Type(TypeKind::kFloat64)}, TypeKind::kBool};
}

template <typename T>
Column is_nan(const FunctionCall& call) {
  return map_values<std::uint8_t, T>(call, [](T value) { return static_cast<std::uint8_t>(value != value ? 1 : 0); });
}

bool never_null(const BoundExpr&) { return false; }

}  // namespace

const Function kAnd = {
    .name = "and",
    .group = "logic",
    .signature = "a and b -> bool",
    .summary = "True when all are true, false when any is false, else null. What comes after a false is not evaluated.",
    .examples = {{"true and false", "false"},
                 {"null and false", "false"},
                 {"null and true", "null"},
                 {"false and 1 / 0 > 1", "false"}},
    .null_rule = NullRule::kOwn,
    .resolve = [](std::span<const Type> given) { return resolve_bools("and", given, 2, kAnyCount); },
    .fails = Fails::kNever,
    .nullable = any_nullable,
    .eval_lazy = [](const BoundExpr& call, const Batch& batch,
                    EvalContext& context) { return decide(call, batch, context, 0); },
};

const Function kOr = {
    .name = "or",
    .group = "logic",
    .signature = "a or b -> bool",
    .summary = "True when any is true, false when all are false, else null. What comes after a true is not evaluated.",
    .examples = {{"true or false", "true"}, {"null or true", "true"}, {"null or false", "null"}},
    .null_rule = NullRule::kOwn,
    .resolve = [](std::span<const Type> given) { return resolve_bools("or", given, 2, kAnyCount); },
    .fails = Fails::kNever,
    .nullable = any_nullable,
    .eval_lazy = [](const BoundExpr& call, const Batch& batch,
                    EvalContext& context) { return decide(call, batch, context, 1); },
};

const Function kNot = {
    .name = "not",
    .group = "logic",
    .signature = "not a -> bool",
    .summary = "True for false, false for true, null for null.",
    .examples = {{"not true", "false"}, {"not null", "null"}},
    .resolve = [](std::span<const Type> given) { return resolve_bools("not", given, 1, 1); },
    .eval =
        [](const FunctionCall& call) {
          return map_values<std::uint8_t, std::uint8_t>(
              call, [](std::uint8_t a) { return static_cast<std::uint8_t>(a ^ 1); });
        },
    .fails = Fails::kNever,
};

const Function kIsNull = {
    .name = "is_null",
    .group = "logic",
    .signature = "x is null -> bool",
    .summary = "Whether the value is missing; never null. NaN is a value.",
    .examples = {{"null is null", "true"}, {"'' is null", "false"}},
    .null_rule = NullRule::kOwn,
    .resolve = [](std::span<const Type> given) { return resolve_any("is_null", given); },
    .eval = [](const FunctionCall& call) { return eval_is_null(call, 1); },
    .fails = Fails::kNever,
    .nullable = never_null,
};

const Function kIsNotNull = {
    .name = "is_not_null",
    .group = "logic",
    .signature = "x is not null -> bool",
    .summary = "Whether there is a value; never null.",
    .examples = {{"1 is not null", "true"}},
    .null_rule = NullRule::kOwn,
    .resolve = [](std::span<const Type> given) { return resolve_any("is_not_null", given); },
    .eval = [](const FunctionCall& call) { return eval_is_null(call, 0); },
    .fails = Fails::kNever,
    .nullable = never_null,
};

const Function kIsNan = {
    .name = "is_nan",
    .group = "logic",
    .signature = "is_nan(x: number) -> bool",
    .summary = "Whether a float is NaN; false for null and for numbers of other types.",
    .examples = {{"is_nan(float64 'NaN')", "true"}, {"is_nan(1)", "false"}, {"is_nan(null)", "false"}},
    .null_rule = NullRule::kOwn,
    .resolve = resolve_is_nan,
    .eval =
        [](const FunctionCall& call) {  // the zero under a null is no NaN
          return call.args[0].type().kind() == TypeKind::kFloat32 ? is_nan<float>(call) : is_nan<double>(call);
        },
    .fails = Fails::kNever,
    .nullable = never_null,
};

}  // namespace headrace
