// list_contains list_get list_length list_pad multi_hot.
#include <cstring>
#include <limits>

#include "headrace/expr/function/comparison.h"
#include "headrace/expr/function/encoding.h"
#include "headrace/expr/function/list_rows.h"
#include "headrace/expr/function/loops.h"
#include "headrace/expr/function/resolve.h"
#include "headrace/expr/function/rows.h"
#include "headrace/kernel/gather.h"

namespace headrace {

extern const Function kListContains;
extern const Function kListGet;
extern const Function kListLength;
extern const Function kListPad;
extern const Function kMultiHot;

namespace {

bool never_null(const BoundExpr&) { return false; }

/// A list, or a null literal that stands for one.
bool may_be_list(const Type& type) { return type.kind() == TypeKind::kList || type.kind() == TypeKind::kNull; }

/// The list itself, or a list of `element` for a null literal.
Type list_or(const Type& given, const Type& element) {
  return given.kind() == TypeKind::kList ? given : Type::list(element);
}

// list_contains

Resolved resolve_list_contains(std::span<const Type> given) {
  constexpr std::string_view kAccepted = "a list of plain values and a value of their type: list_contains(tags, 'a')";
  require_arg_count("list_contains", given, 2, 2, kAccepted);
  if (!may_be_list(given[0]) || given[1].is_nested()) refuse_args("list_contains", given, kAccepted);
  bool has_element = given[0].kind() == TypeKind::kList && given[0].element().kind() != TypeKind::kNull;
  Type element = has_element ? given[0].element() : given[1];
  Type common = given[1].kind() == TypeKind::kNull ? element : common_type(element, given[1]);
  if (common.kind() == TypeKind::kNull && !has_element) common = TypeKind::kString;  // nulls only
  if (common.kind() == TypeKind::kNull || common.is_nested()) refuse_args("list_contains", given, kAccepted);
  return {{Type::list(common), common}, TypeKind::kBool};
}

/// `equal(element, row)` compares an element with the value of a row.
template <typename Equal>
Column find_in_lists(const FunctionCall& call, const ListRows& lists, const Equal& equal) {
  auto found = Buffer::allocate(call.context.memory, static_cast<std::size_t>(call.row_count));
  auto known = Buffer::allocate(call.context.memory, static_cast<std::size_t>(call.row_count));
  for (std::int64_t row = 0; row < call.row_count; ++row) {
    bool hit = false, has_null = false;
    for (std::int64_t i = lists.begin(row); i < lists.end(row) && !hit; ++i) {
      bool null = lists.elements.is_null(i);
      hit = !null && equal(i, row);
      has_null |= null;
    }
    found->mutable_as<std::uint8_t>()[row] = hit ? 1 : 0;
    known->mutable_as<std::uint8_t>()[row] = hit || !has_null ? 1 : 0;
  }
  return Column::fixed(TypeKind::kBool, call.row_count, std::move(found), std::move(known));
}

Column eval_list_contains(const FunctionCall& call) {
  ListRows lists = list_rows(call.context.memory, call.args[0]);
  const Column& x = call.args[1];
  if (x.type().is_binary_like()) {
    return find_in_lists(call, lists, [&](std::int64_t element, std::int64_t row) {
      return lists.elements.string_at(element) == x.string_at(row);
    });
  }
  return visit_fixed(x.type().kind(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* elements = lists.elements.values<T>().data();
    const T* values = x.values<T>().data();
    return find_in_lists(call, lists, [&](std::int64_t element, std::int64_t row) {
      return values_equal(elements[element], values[row]);
    });
  });
}

// list_get

Resolved resolve_list_get(std::span<const Type> given) {
  constexpr std::string_view kAccepted = "a list and an integer: list_get(tags, 0)";
  require_arg_count("list_get", given, 2, 2, kAccepted);
  bool integer = given[1].is_integer() || given[1].kind() == TypeKind::kNull;
  if (given[0].kind() != TypeKind::kList || !integer) refuse_args("list_get", given, kAccepted);
  if (given[0].element().kind() == TypeKind::kNull) refuse_args("list_get", given, kAccepted);
  return {{given[0], TypeKind::kInt64}, given[0].element()};
}

Column eval_list_get(const FunctionCall& call) {
  ListRows lists = list_rows(call.context.memory, call.args[0]);
  IntArgument indexes(call, 1);
  std::vector<std::int32_t> elements(static_cast<std::size_t>(call.row_count));
  for (std::int64_t row = 0; row < call.row_count; ++row) {
    std::int64_t index = indexes[row];
    bool inside = index >= 0 && index < lists.end(row) - lists.begin(row) && is_valid_row(call, row);
    elements[static_cast<std::size_t>(row)] = inside ? lists.begin(row) + static_cast<std::int32_t>(index) : -1;
  }
  return gather(call.context.memory, lists.elements, elements);
}

// list_length

Resolved resolve_list_length(std::span<const Type> given) {
  constexpr std::string_view kAccepted = "a list; the length of a text is length(text)";
  require_arg_count("list_length", given, 1, 1, kAccepted);
  bool list = may_be_list(given[0]) || given[0].kind() == TypeKind::kFixedSizeList;
  if (!list) refuse_args("list_length", given, kAccepted);
  return {{given[0].kind() == TypeKind::kNull ? Type::list(TypeKind::kInt64) : given[0]}, TypeKind::kInt32};
}

Column eval_list_length(const FunctionCall& call) {
  const Column& lists = call.args[0];
  bool fixed = lists.type().kind() == TypeKind::kFixedSizeList;
  return make_values<std::int32_t>(call, [&](std::int64_t row) {
    auto at = static_cast<std::size_t>(row);
    return fixed ? lists.type().list_size() : lists.offsets()[at + 1] - lists.offsets()[at];
  });
}

// list_pad

Resolved resolve_list_pad(std::span<const BoundExprPtr> args) {
  constexpr std::string_view kAccepted = "a list of integers or floats and a literal length: list_pad(ids, 8)";
  std::vector<Type> given = types_of(args);
  require_arg_count("list_pad", given, 2, 2, kAccepted);
  std::int64_t length = positive_literal("list_pad", args, 1, kAccepted);
  if (!may_be_list(given[0]) || length > std::numeric_limits<std::int32_t>::max()) {
    refuse_args("list_pad", given, kAccepted);
  }
  Type list = list_or(given[0], TypeKind::kInt64);
  if (list.element().kind() == TypeKind::kNull) list = Type::list(TypeKind::kInt64);
  if (!list.element().is_integer() && !list.element().is_floating()) refuse_args("list_pad", given, kAccepted);
  return {{list, TypeKind::kInt64}, Type::fixed_size_list(list.element(), static_cast<std::int32_t>(length))};
}

Column eval_list_pad(const FunctionCall& call) {
  ListRows lists = list_rows(call.context.memory, call.args[0]);
  std::size_t width = lists.elements.type().value_bytes();
  std::size_t length = static_cast<std::size_t>(call.expr.type.list_size());
  std::size_t count = static_cast<std::size_t>(call.row_count) * length;
  std::shared_ptr<Buffer> values = Buffer::allocate(call.context.memory, count * width);
  std::byte* to = values->mutable_data();
  if (count > 0) std::memset(to, 0, count * width);
  // Nulls inside are zeros in memory already.
  for (std::int64_t row = 0; row < call.row_count; ++row, to += length * width) {
    std::size_t size = std::min(length, static_cast<std::size_t>(lists.end(row) - lists.begin(row)));
    if (size == 0) continue;
    std::memcpy(to, lists.elements.raw_values() + static_cast<std::size_t>(lists.begin(row)) * width, size * width);
  }
  Column child = Column::fixed(lists.elements.type(), static_cast<std::int64_t>(count), std::move(values));
  return Column::fixed_size_list(call.expr.type, call.row_count, std::move(child));
}

// multi_hot

Resolved resolve_multi_hot(std::span<const BoundExprPtr> args) {
  constexpr std::string_view kAccepted = "a list of integers and a literal size: multi_hot(ids, 10)";
  std::vector<Type> given = types_of(args);
  require_arg_count("multi_hot", given, 2, 2, kAccepted);
  std::int64_t size = positive_literal("multi_hot", args, 1, kAccepted);
  bool integers = may_be_list(given[0]) && (given[0].kind() == TypeKind::kNull || given[0].element().is_integer() ||
                                            given[0].element().kind() == TypeKind::kNull);
  if (!integers || size > std::numeric_limits<std::int32_t>::max()) refuse_args("multi_hot", given, kAccepted);
  Type result = Type::fixed_size_list(TypeKind::kFloat32, static_cast<std::int32_t>(size));
  return {{Type::list(TypeKind::kInt64), TypeKind::kInt64}, result};
}

Column eval_multi_hot(const FunctionCall& call) {
  ListRows lists = list_rows(call.context.memory, call.args[0]);
  std::int64_t size = call.expr.type.list_size();
  std::size_t count = static_cast<std::size_t>(call.row_count) * static_cast<std::size_t>(size);
  std::shared_ptr<Buffer> values = Buffer::allocate(call.context.memory, count * sizeof(float));
  if (count > 0) std::memset(values->mutable_data(), 0, values->size_bytes());
  const std::int64_t* ids = lists.elements.values<std::int64_t>().data();
  for (std::int64_t row = 0; row < call.row_count; ++row) {
    float* numbers = values->mutable_as<float>() + row * size;
    for (std::int64_t i = lists.begin(row); i < lists.end(row); ++i) {
      if (!lists.elements.is_null(i) && ids[i] >= 0 && ids[i] < size) numbers[ids[i]] = 1;
    }
  }
  Column child = Column::fixed(TypeKind::kFloat32, static_cast<std::int64_t>(count), std::move(values));
  return Column::fixed_size_list(call.expr.type, call.row_count, std::move(child));
}

}  // namespace

const Function kListContains = {
    .name = "list_contains",
    .group = "list",
    .signature = "list_contains(list: list<T>, x: T) -> bool",
    .summary = "Whether x is an element of the list; null when it is not but a null is.",
    .examples = {{"list_contains(['a', 'b'], 'b')", "true"},
                 {"list_contains(['a', null], 'b')", "null"},
                 {"list_contains([1, 2], 3)", "false"}},
    .resolve = resolve_list_contains,
    .eval = eval_list_contains,
    .may_make_null = true,
    .fails = Fails::kNever,
};

const Function kListGet = {
    .name = "list_get",
    .group = "list",
    .signature = "list_get(list: list<T>, index: integer) -> T",
    .summary = "The element at the index, counted from 0; null outside of the list.",
    .examples = {{"list_get(['a', 'b'], 0)", "a"}, {"list_get(['a', 'b'], 2)", "null"}},
    .resolve = resolve_list_get,
    .eval = eval_list_get,
    .may_make_null = true,
    .reads_literals = true,
    .fails = Fails::kNever,
};

const Function kListLength = {
    .name = "list_length",
    .group = "list",
    .signature = "list_length(list: list<T> | fixed_size_list<T, n>) -> int32",
    .summary = "The number of elements, nulls among them.",
    .examples = {{"list_length(['a', null])", "2"}, {"list_length(split('', ' '))", "1"}},
    .resolve = resolve_list_length,
    .eval = eval_list_length,
    .fails = Fails::kNever,
};

const Function kListPad = {
    .name = "list_pad",
    .group = "list",
    .signature = "list_pad(list: list<T>, n: int64 literal) -> fixed_size_list<T, n>",
    .summary = "The first n numbers of the list, and zeros behind a shorter one; nulls are zeros, too.",
    .examples = {{"list_pad([3, 4], 3)", "[3, 4, 0]"}, {"list_pad([3, 4], 1)", "[3]"}, {"list_pad(null, 2)", "[0, 0]"}},
    .null_rule = NullRule::kOwn,
    .eval = eval_list_pad,
    .reads_literals = true,
    .fails = Fails::kNever,
    .resolve_args = resolve_list_pad,
    .nullable = never_null,
};

const Function kMultiHot = {
    .name = "multi_hot",
    .group = "list",
    .signature = "multi_hot(ids: list<integer>, n: int64 literal) -> fixed_size_list<float32, n>",
    .summary =
        "n numbers, 1 at each position that is in the list and 0 elsewhere; nulls and ids outside 0 … n - 1 count for "
        "nothing.",
    .examples = {{"multi_hot([0, 2, 2], 4)", "[1.0, 0.0, 1.0, 0.0]"}, {"multi_hot(null, 2)", "[0.0, 0.0]"}},
    .null_rule = NullRule::kOwn,
    .eval = eval_multi_hot,
    .reads_literals = true,
    .fails = Fails::kNever,
    .resolve_args = resolve_multi_hot,
    .nullable = never_null,
};

}  // namespace headrace
