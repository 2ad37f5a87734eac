// eq ne lt le gt ge, for all scalar types.
//
// Text and binary compare by bytes. NaN equals NaN and is greater than every other number; -0.0 equals 0.0.
#include "headrace/expr/function/comparison.h"

#include "headrace/expr/function/loops.h"
#include "headrace/expr/function/resolve.h"
#include "headrace/expr/function/rows.h"

namespace headrace {

extern const Function kEq;
extern const Function kGe;
extern const Function kGt;
extern const Function kLe;
extern const Function kLt;
extern const Function kNe;

Type comparable_type(std::string_view name, std::span<const Type> given) {
  Type common = common_type_of(given);
  bool all_null = true;
  bool any_text = false;
  for (const Type& type : given) {
    all_null &= type.kind() == TypeKind::kNull;
    any_text |= type.kind() == TypeKind::kString;
  }
  if (all_null) return TypeKind::kInt64;
  if (common.kind() == TypeKind::kNull) {
    refuse_args(name, given,
                any_text ? "values of one type; cast the text first, such as cast(x as int64)"
                         : "values of one type, or of types that widen to one; cast one of them");
  }
  if (common.is_nested()) refuse_args(name, given, "scalar values, no lists or structs");
  return common;
}

namespace {

Resolved resolve_comparison(std::string_view name, std::span<const Type> given) {
  require_arg_count(name, given, 2, 2, "two values of one type");
  Type common = comparable_type(name, given);
  return {{common, common}, TypeKind::kBool};
}

template <typename Compare>
Column compare_texts(const FunctionCall& call, const Compare& compare) {
  StringArgument a(call, 0), b(call, 1);
  return make_values<std::uint8_t>(call, [&](std::int64_t row) { return compare(a[row], b[row]); });
}

template <typename Compare>
Column compare(const FunctionCall& call) {
  const Type& type = call.expr.args[0]->type;
  if (type.is_binary_like()) return compare_texts(call, Compare());
  return visit_fixed(type.kind(), [&](auto tag) -> Column {
    using T = typename decltype(tag)::type;
    return map_pairs<std::uint8_t, T, T>(call, [](T a, T b) { return static_cast<std::uint8_t>(Compare()(a, b)); });
  });
}

struct Equal {
  template <typename T>
  bool operator()(const T& a, const T& b) const {
    return values_equal(a, b);
  }
};
struct NotEqual {
  template <typename T>
  bool operator()(const T& a, const T& b) const {
    return !values_equal(a, b);
  }
};
struct Less {
  template <typename T>
  bool operator()(const T& a, const T& b) const {
    return value_less(a, b);
  }
};
struct LessOrEqual {
  template <typename T>
  bool operator()(const T& a, const T& b) const {
    return !value_less(b, a);
  }
};
struct Greater {
  template <typename T>
  bool operator()(const T& a, const T& b) const {
    return value_less(b, a);
  }
};
struct GreaterOrEqual {
  template <typename T>
  bool operator()(const T& a, const T& b) const {
    return !value_less(a, b);
  }
};

}  // namespace

const Function kEq = {
    .name = "eq",
    .group = "comparison",
    .signature = "a = b -> bool",
    .summary = "Whether the values are equal. NaN equals NaN, -0.0 equals 0.0. `==` is the same.",
    .examples = {{"1 = 1.0", "true"}, {"'a' = 'A'", "false"}, {"null = null", "null"}},
    .resolve = [](std::span<const Type> given) { return resolve_comparison("eq", given); },
    .eval = compare<Equal>,
    .reads_literals = true,
    .fails = Fails::kNever,
};

const Function kNe = {
    .name = "ne",
    .group = "comparison",
    .signature = "a <> b -> bool",
    .summary = "Whether the values differ. `!=` is the same.",
    .examples = {{"1 <> 2", "true"}},
    .resolve = [](std::span<const Type> given) { return resolve_comparison("ne", given); },
    .eval = compare<NotEqual>,
    .reads_literals = true,
    .fails = Fails::kNever,
};

const Function kLt = {
    .name = "lt",
    .group = "comparison",
    .signature = "a < b -> bool",
    .summary = "Whether a comes before b. Text is ordered by its UTF-8 bytes, NaN is greater than all numbers.",
    .examples = {{"1 < 2", "true"}, {"'Z' < 'a'", "true"}},
    .resolve = [](std::span<const Type> given) { return resolve_comparison("lt", given); },
    .eval = compare<Less>,
    .reads_literals = true,
    .fails = Fails::kNever,
};

const Function kLe = {
    .name = "le",
    .group = "comparison",
    .signature = "a <= b -> bool",
    .summary = "Whether a comes before b or equals it.",
    .examples = {{"2 <= 2", "true"}},
    .resolve = [](std::span<const Type> given) { return resolve_comparison("le", given); },
    .eval = compare<LessOrEqual>,
    .reads_literals = true,
    .fails = Fails::kNever,
};

const Function kGt = {
    .name = "gt",
    .group = "comparison",
    .signature = "a > b -> bool",
    .summary = "Whether a comes after b.",
    .examples = {{"date '2013-02-01' > '2013-01-31'", "true"}, {"float64 'NaN' > float64 'Infinity'", "true"}},
    .resolve = [](std::span<const Type> given) { return resolve_comparison("gt", given); },
    .eval = compare<Greater>,
    .reads_literals = true,
    .fails = Fails::kNever,
};

const Function kGe = {
    .name = "ge",
    .group = "comparison",
    .signature = "a >= b -> bool",
    .summary = "Whether a comes after b or equals it.",
    .examples = {{"1 >= 2", "false"}},
    .resolve = [](std::span<const Type> given) { return resolve_comparison("ge", given); },
    .eval = compare<GreaterOrEqual>,
    .reads_literals = true,
    .fails = Fails::kNever,
};

}  // namespace headrace
