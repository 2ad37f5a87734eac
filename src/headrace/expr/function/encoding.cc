// bucketize vocabulary_id one_hot array: what fitted features are made of. encoding.h is at the end.
#include "headrace/expr/function/encoding.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/expr/function/comparison.h"
#include "headrace/expr/function/list_rows.h"
#include "headrace/expr/function/loops.h"
#include "headrace/expr/function/resolve.h"
#include "headrace/expr/function/value_index.h"
#include "headrace/kernel/gather.h"
#include "headrace/kernel/hash.h"
#include "headrace/kernel/order_key.h"

namespace headrace {

extern const Function kArray;
extern const Function kBucketize;
extern const Function kOneHot;
extern const Function kVocabularyId;

namespace {

bool never_null(const BoundExpr&) { return false; }

// bucketize

constexpr std::string_view kBucketizeAccepts =
    "a number and a literal list of ascending boundaries: bucketize(x, [0, 10, 20])";

Resolved resolve_bucketize(std::span<const BoundExprPtr> args) {
  std::vector<Type> given = types_of(args);
  require_arg_count("bucketize", given, 2, 2, kBucketizeAccepts);
  const Type& element = list_literal("bucketize", args, 1, kBucketizeAccepts).type();
  bool numbers = (given[0].is_numeric() || given[0].kind() == TypeKind::kNull) &&
                 (element.is_numeric() || element.kind() == TypeKind::kNull);
  if (!numbers) refuse_args("bucketize", given, kBucketizeAccepts);
  bool integers = given[0].is_integer() && (element.is_integer() || element.kind() == TypeKind::kNull);
  Type common = integers ? TypeKind::kInt64 : TypeKind::kFloat64;
  return {{common, Type::list(common)}, TypeKind::kInt64};
}

template <typename T>
void check_ascending(const Column& boundaries) {
  for (std::size_t i = 1; i < boundaries.values<T>().size(); ++i) {
    if (!value_less(boundaries.values<T>()[i], boundaries.values<T>()[i - 1])) continue;
    throw Error(ErrorCode::kInvalidPipeline,
                fmt::format("the boundaries of bucketize do not ascend: {} comes after {}",
                            format_cell(boundaries, static_cast<std::int64_t>(i)),
                            format_cell(boundaries, static_cast<std::int64_t>(i) - 1)),
                "write them from the least to the greatest");
  }
}

/// Boundaries as order keys: one comparison of integers for every type.
using BoundaryKeys = std::vector<std::uint64_t>;

std::uint64_t order_key(std::int64_t value) { return order_key_int64(value); }
std::uint64_t order_key(double value) { return order_key_float64(value); }

template <typename T>
std::shared_ptr<const void> keys_of(const Column& boundaries) {
  check_ascending<T>(boundaries);
  BoundaryKeys keys;
  for (T value : boundaries.values<T>()) keys.push_back(order_key(value));
  return std::make_shared<const BoundaryKeys>(std::move(keys));
}

std::shared_ptr<const void> prepare_boundaries(const BoundExpr& call) {
  const Column& boundaries = call.args[1]->literal.as_elements();
  if (boundaries.null_count() > 0) {
    throw Error(ErrorCode::kInvalidPipeline, "a boundary of bucketize is null", "leave it out");
  }
  return boundaries.type().kind() == TypeKind::kInt64 ? keys_of<std::int64_t>(boundaries) : keys_of<double>(boundaries);
}

/// How many of the ascending keys are not above x. Every x takes the same steps, without a branch, so that the searches
/// of neighbouring rows overlap.
std::int64_t count_not_above(const std::uint64_t* keys, std::size_t key_count, std::uint64_t x) {
  const std::uint64_t* base = keys;
  std::size_t left = key_count;
  while (left > 1) {
    std::size_t half = left / 2;
    base += static_cast<std::size_t>(base[half - 1] <= x) * half;
    left -= half;
  }
  return base - keys + static_cast<std::int64_t>(*base <= x);
}

template <typename T>
Column bucketize(const FunctionCall& call) {
  const BoundaryKeys& keys = *static_cast<const BoundaryKeys*>(call.expr.prepared.get());
  if (keys.empty()) return map_values<std::int64_t, T>(call, [](T) { return std::int64_t{0}; });
  return map_values<std::int64_t, T>(call,
                                     [&](T x) { return count_not_above(keys.data(), keys.size(), order_key(x)); });
}

// vocabulary_id

constexpr std::string_view kVocabularyAccepts =
    "a string, an integer or a list of them, a literal list of values of its type, and a literal number of buckets: "
    "vocabulary_id(x, ['a'], 1)";
constexpr std::int64_t kNullId = 1;
constexpr std::int64_t kFirstBucketId = 2;

Resolved resolve_vocabulary_id(std::span<const BoundExprPtr> args) {
  std::vector<Type> given = types_of(args);
  require_arg_count("vocabulary_id", given, 3, 3, kVocabularyAccepts);
  const Type& element = list_literal("vocabulary_id", args, 1, kVocabularyAccepts).type();
  positive_literal("vocabulary_id", args, 2, kVocabularyAccepts);
  bool lists = given[0].kind() == TypeKind::kList;
  const Type& value = lists ? given[0].element() : given[0];
  Type type = common_type(value.is_integer() ? Type(TypeKind::kInt64) : value,
                          element.is_integer() ? Type(TypeKind::kInt64) : element);
  bool both_null = value.kind() == TypeKind::kNull && element.kind() == TypeKind::kNull;
  if (both_null) type = TypeKind::kString;
  if (type.kind() != TypeKind::kString && type.kind() != TypeKind::kInt64) {
    refuse_args("vocabulary_id", given, kVocabularyAccepts);
  }
  Type result = TypeKind::kInt64;
  return {{lists ? Type::list(type) : type, Type::list(type), TypeKind::kInt64}, lists ? Type::list(result) : result};
}

std::shared_ptr<const void> index_vocabulary(const BoundExpr& call) {
  const Column& values = call.args[1]->literal.as_elements();
  auto index = std::make_shared<const ValueIndex>(values);
  if (index->has_null()) {
    throw Error(ErrorCode::kInvalidPipeline, "a value of vocabulary_id is null",
                "leave it out: null has the id 1 always");
  }
  if (!index->duplicates().empty()) {
    throw Error(ErrorCode::kInvalidPipeline,
                fmt::format("the value {} of vocabulary_id is listed twice",
                            value_at(values, index->duplicates()[0]).to_string()),
                "list every value once");
  }
  return index;
}

/// `find(row, hash)` gives the position of a valid row's value, and its hash if it is not found.
template <typename Find>
Column map_vocabulary(MemoryBudget& memory, std::uint64_t buckets, const Column& x, const Find& find) {
  std::int64_t first_id = kFirstBucketId + static_cast<std::int64_t>(buckets);
  std::shared_ptr<Buffer> ids = Buffer::allocate(memory, static_cast<std::size_t>(x.length()) * sizeof(std::int64_t));
  for (std::int64_t row = 0; row < x.length(); ++row) {
    std::int64_t& id = ids->mutable_as<std::int64_t>()[row];
    if (x.is_null(row)) {
      id = kNullId;
      continue;
    }
    std::uint64_t hash = 0;
    std::int32_t position = find(row, hash);
    bool known = position != ValueIndex::kMissing;
    id = known ? first_id + position : kFirstBucketId + static_cast<std::int64_t>(hash % buckets);
  }
  return Column::fixed(TypeKind::kInt64, x.length(), std::move(ids));
}

Column vocabulary_ids(MemoryBudget& memory, const ValueIndex& index, std::uint64_t buckets, const Column& x) {
  if (x.type().kind() == TypeKind::kString) {
    // All hashes first: the lookups that follow wait for memory, and then do so together.
    std::vector<std::uint64_t> hashes(static_cast<std::size_t>(x.length()));
    hash_bytes_batch(x.offsets(), x.bytes(), hashes);
    return map_vocabulary(memory, buckets, x, [&](std::int64_t row, std::uint64_t& hash) {
      hash = hashes[static_cast<std::size_t>(row)];
      return index.find(x.string_at(row), hash);
    });
  }
  const std::int64_t* values = x.values<std::int64_t>().data();
  return map_vocabulary(memory, buckets, x, [&](std::int64_t row, std::uint64_t& hash) {
    std::int32_t position = index.find(values[row]);
    if (position == ValueIndex::kMissing) hash = hash_int64(values[row]);
    return position;
  });
}

Column eval_vocabulary_id(const FunctionCall& call) {
  const ValueIndex& index = *static_cast<const ValueIndex*>(call.expr.prepared.get());
  std::uint64_t buckets = static_cast<std::uint64_t>(call.expr.args[2]->literal.as_int());
  const Column& x = call.args[0];
  if (x.type().kind() != TypeKind::kList) return vocabulary_ids(call.context.memory, index, buckets, x);
  ListRows lists = list_rows(call.context.memory, x);
  return list_of_elements(call, lists, vocabulary_ids(call.context.memory, index, buckets, lists.elements));
}

// one_hot

constexpr std::string_view kOneHotAccepts = "an integer and a literal size: one_hot(id, 10)";

Resolved resolve_one_hot(std::span<const BoundExprPtr> args) {
  std::vector<Type> given = types_of(args);
  require_arg_count("one_hot", given, 2, 2, kOneHotAccepts);
  bool integer = given[0].is_integer() || given[0].kind() == TypeKind::kNull;
  std::int64_t size = positive_literal("one_hot", args, 1, kOneHotAccepts);
  if (!integer || size > std::numeric_limits<std::int32_t>::max()) refuse_args("one_hot", given, kOneHotAccepts);
  Type result = Type::fixed_size_list(TypeKind::kFloat32, static_cast<std::int32_t>(size));
  return {{TypeKind::kInt64, TypeKind::kInt64}, result};
}

Column eval_one_hot(const FunctionCall& call) {
  std::int64_t size = call.expr.type.list_size();
  std::size_t count = static_cast<std::size_t>(call.row_count) * static_cast<std::size_t>(size);
  std::shared_ptr<Buffer> values = Buffer::allocate(call.context.memory, count * sizeof(float));
  if (count > 0) std::memset(values->mutable_data(), 0, values->size_bytes());
  const std::int64_t* ids = call.args[0].values<std::int64_t>().data();
  for (std::int64_t row = 0; row < call.row_count; ++row) {
    bool inside = !call.args[0].is_null(row) && ids[row] >= 0 && ids[row] < size;
    if (inside) values->mutable_as<float>()[row * size + ids[row]] = 1;
  }
  Column child = Column::fixed(TypeKind::kFloat32, static_cast<std::int64_t>(count), std::move(values));
  return Column::fixed_size_list(call.expr.type, call.row_count, std::move(child));
}

// array

Resolved resolve_array(std::span<const Type> given) {
  constexpr std::string_view kAccepted = "values of one type, or of types that widen to one; cast one of them";
  require_arg_count("array", given, 1, kAnyCount, kAccepted);
  Type common = common_type_of(given);
  if (common.kind() == TypeKind::kNull) refuse_args("array", given, kAccepted);
  return {std::vector<Type>(given.size(), common),
          Type::fixed_size_list(common, static_cast<std::int32_t>(given.size()))};
}

Column eval_array(const FunctionCall& call) {
  std::size_t size = call.args.size(), row_count = static_cast<std::size_t>(call.row_count);
  std::vector<std::int32_t> rows(size * row_count);
  for (std::size_t row = 0; row < row_count; ++row) {
    for (std::size_t k = 0; k < size; ++k) rows[row * size + k] = static_cast<std::int32_t>(k * row_count + row);
  }
  Column all = concat(call.context.memory, call.args);
  return Column::fixed_size_list(call.expr.type, call.row_count, gather(call.context.memory, all, rows));
}

}  // namespace

const Function kBucketize = {
    .name = "bucketize",
    .group = "list",
    .signature = "bucketize(x: number, boundaries: literal list of numbers) -> int64",
    .summary =
        "How many of the ascending boundaries are at or below x: 0 below the first, their number from the last on. NaN "
        "is above all numbers; null gives null.",
    .examples = {{"bucketize(10, [0, 10, 20])", "2"},
                 {"bucketize(-1, [0, 10, 20])", "0"},
                 {"bucketize(float64 'NaN', [0.5])", "1"}},
    .eval =
        [](const FunctionCall& call) {
          return call.args[0].type().kind() == TypeKind::kInt64 ? bucketize<std::int64_t>(call)
                                                                : bucketize<double>(call);
        },
    .prepare = prepare_boundaries,
    .reads_literals = true,
    .fails = Fails::kNever,
    .resolve_args = resolve_bucketize,
};

const Function kVocabularyId = {
    .name = "vocabulary_id",
    .group = "list",
    .signature =
        "vocabulary_id(x: T | list<T>, values: literal list<T>, oov_buckets: int64 literal) -> int64 | list<int64>",
    .summary =
        "The id of x, a string or an integer: 1 for null; 2 + oov_buckets + p for the value at position p of the list; "
        "for all others one of the buckets 2 … 1 + oov_buckets, by hash. 0 is left for padding. Of a list, the ids of "
        "its elements; a null list has none.",
    .examples = {{"vocabulary_id('b', ['a', 'b'], 1)", "4"},
                 {"vocabulary_id('x', ['a', 'b'], 1)", "2"},
                 {"vocabulary_id(null, ['a'], 1)", "1"},
                 {"vocabulary_id(['a', null, 'x'], ['a'], 1)", "[3, 1, 2]"}},
    .null_rule = NullRule::kOwn,
    .eval = eval_vocabulary_id,
    .prepare = index_vocabulary,
    .reads_literals = true,
    .fails = Fails::kNever,
    .resolve_args = resolve_vocabulary_id,
    .nullable = never_null,
};

const Function kOneHot = {
    .name = "one_hot",
    .group = "list",
    .signature = "one_hot(id: integer, n: int64 literal) -> fixed_size_list<float32, n>",
    .summary = "n numbers, 1 at position id and 0 elsewhere; all 0 for null and for ids outside 0 … n - 1.",
    .examples = {{"one_hot(1, 3)", "[0.0, 1.0, 0.0]"}, {"one_hot(null, 2)", "[0.0, 0.0]"}},
    .null_rule = NullRule::kOwn,
    .eval = eval_one_hot,
    .reads_literals = true,
    .fails = Fails::kNever,
    .resolve_args = resolve_one_hot,
    .nullable = never_null,
};

const Function kArray = {
    .name = "array",
    .group = "list",
    .signature = "array(x: T, ...) -> fixed_size_list<T, n>",
    .summary = "The n values of a row as a list; nulls stay inside.",
    .examples = {{"array(1, 2.5)", "[1.0, 2.5]"}, {"array('a', null)", "[a, null]"}},
    .null_rule = NullRule::kOwn,
    .resolve = resolve_array,
    .eval = eval_array,
    .fails = Fails::kNever,
    .nullable = never_null,
};

std::vector<Type> types_of(std::span<const BoundExprPtr> args) {
  std::vector<Type> types;
  for (const BoundExprPtr& arg : args) types.push_back(arg->type);
  return types;
}

std::int64_t positive_literal(std::string_view name, std::span<const BoundExprPtr> args, std::size_t index,
                              std::string_view accepted) {
  const BoundExpr& arg = *args[index];
  bool integer = arg.kind == BoundExpr::Kind::kLiteral && arg.type.is_integer() && !arg.literal.is_null();
  if (!integer || arg.literal.as_int() < 1) refuse_args(name, types_of(args), accepted);
  return arg.literal.as_int();
}

const Column& list_literal(std::string_view name, std::span<const BoundExprPtr> args, std::size_t index,
                           std::string_view accepted) {
  const BoundExpr& arg = *args[index];
  bool list = arg.kind == BoundExpr::Kind::kLiteral && arg.type.kind() == TypeKind::kList && !arg.literal.is_null();
  if (!list) refuse_args(name, types_of(args), accepted);
  return arg.literal.as_elements();
}

}  // namespace headrace
