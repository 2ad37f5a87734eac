// hash64 hash_bucket hash_id, and in steps bucket and combine_hashes: stable hashes of values.
#include "headrace/kernel/hash.h"

#include <algorithm>

#include "headrace/base/error.h"
#include "headrace/expr/function/encoding.h"
#include "headrace/expr/function/list_rows.h"
#include "headrace/expr/function/loops.h"
#include "headrace/expr/function/resolve.h"
#include "headrace/expr/function/row_hash.h"

namespace headrace {

extern const Function kBucket;
extern const Function kCombineHashes;
extern const Function kHash64;
extern const Function kHashBucket;
extern const Function kHashId;

namespace {

void refuse_structs(std::string_view name, std::span<const Type> given) {
  for (const Type& type : given) {
    if (type.kind() == TypeKind::kStruct)
      refuse_args(name, given, "values of all types but structs; hash their fields");
  }
}

std::vector<std::uint64_t> hash_arguments(const FunctionCall& call, std::size_t count) {
  std::vector<Column> columns;
  for (std::size_t i = 0; i < count; ++i) {
    const Value* literal = call.literal(i);
    columns.push_back(literal == nullptr ? call.args[i]
                                         : constant_column(call.context.memory, *literal, call.row_count));
  }
  std::vector<std::uint64_t> hashes(static_cast<std::size_t>(call.row_count));
  hash_rows(columns, hashes);
  return hashes;
}

template <typename F>
Column map_hashes(const FunctionCall& call, const std::vector<std::uint64_t>& hashes, const F& f) {
  std::shared_ptr<Buffer> values = allocate_values<std::int64_t>(call);
  for (std::size_t i = 0; i < hashes.size(); ++i)
    values->mutable_as<std::int64_t>()[i] = static_cast<std::int64_t>(f(hashes[i]));
  return Column::fixed(TypeKind::kInt64, call.row_count, std::move(values));
}

Resolved resolve_hash64(std::span<const Type> given) {
  require_arg_count("hash64", given, 1, kAnyCount, "at least one value");
  refuse_structs("hash64", given);
  return {std::vector<Type>(given.begin(), given.end()), TypeKind::kInt64};
}

Resolved resolve_hash_bucket(std::span<const BoundExprPtr> args) {
  constexpr std::string_view kAccepted = "values and, last, a literal number of buckets: hash_bucket(a, b, 1000)";
  std::vector<Type> given = types_of(args);
  require_arg_count("hash_bucket", given, 2, kAnyCount, kAccepted);
  refuse_structs("hash_bucket", given);
  positive_literal("hash_bucket", args, args.size() - 1, kAccepted);
  given.back() = TypeKind::kInt64;
  return {given, TypeKind::kInt64};
}

Column eval_hash_bucket(const FunctionCall& call) {
  std::size_t last = call.args.size() - 1;
  std::uint64_t buckets = static_cast<std::uint64_t>(call.expr.args[last]->literal.as_int());
  return map_hashes(call, hash_arguments(call, last), [buckets](std::uint64_t hash) { return hash % buckets; });
}

Resolved resolve_bucket(std::span<const BoundExprPtr> args) {
  constexpr std::string_view kAccepted = "a hash (int64) and a literal number of buckets: bucket(hash64(a), 1000)";
  std::vector<Type> given = types_of(args);
  require_arg_count("bucket", given, 2, 2, kAccepted);
  if (!can_coerce(given[0], TypeKind::kInt64)) refuse_args("bucket", given, kAccepted);
  positive_literal("bucket", args, 1, kAccepted);
  return {{TypeKind::kInt64, TypeKind::kInt64}, TypeKind::kInt64};
}

Column eval_bucket(const FunctionCall& call) {
  auto buckets = static_cast<std::uint64_t>(call.expr.args[1]->literal.as_int());
  std::shared_ptr<Buffer> values = allocate_values<std::int64_t>(call);
  std::ranges::transform(call.args[0].values<std::int64_t>(), values->mutable_as<std::int64_t>(), [&](std::int64_t h) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(h) % buckets);
  });
  return Column::fixed(TypeKind::kInt64, call.row_count, std::move(values));
}

Resolved resolve_combine(std::span<const Type> given) {
  constexpr std::string_view kAccepted = "hashes (int64): combine_hashes(hash64(a), hash64(b))";
  require_arg_count("combine_hashes", given, 1, kAnyCount, kAccepted);
  for (const Type& type : given) {
    if (!can_coerce(type, TypeKind::kInt64)) refuse_args("combine_hashes", given, kAccepted);
  }
  return {std::vector<Type>(given.size(), TypeKind::kInt64), TypeKind::kInt64};
}

Column eval_combine(const FunctionCall& call) {
  std::shared_ptr<Buffer> values = allocate_values<std::int64_t>(call);
  std::vector<std::uint64_t> parts(call.args.size());
  for (std::int64_t row = 0; row < call.row_count; ++row) {
    auto at = static_cast<std::size_t>(row);
    for (std::size_t k = 0; k < parts.size(); ++k) {
      parts[k] = static_cast<std::uint64_t>(call.args[k].values<std::int64_t>()[at]);
    }
    values->mutable_as<std::int64_t>()[row] = static_cast<std::int64_t>(hash_combine(parts));
  }
  return Column::fixed(TypeKind::kInt64, call.row_count, std::move(values));
}

// hash_id

constexpr std::int64_t kNullId = 1;
constexpr std::int64_t kFirstBucketId = 2;

Resolved resolve_hash_id(std::span<const BoundExprPtr> args) {
  constexpr std::string_view kAccepted =
      "a value or a list of values, and a literal number of buckets: hash_id(x, 1000)";
  std::vector<Type> given = types_of(args);
  require_arg_count("hash_id", given, 2, 2, kAccepted);
  positive_literal("hash_id", args, 1, kAccepted);
  bool lists = given[0].kind() == TypeKind::kList;
  if ((lists ? given[0].element() : given[0]).is_nested()) refuse_args("hash_id", given, kAccepted);
  Type result = TypeKind::kInt64;
  return {{given[0], TypeKind::kInt64}, lists ? Type::list(result) : result};
}

Column hash_ids(MemoryBudget& memory, const Column& x, std::uint64_t buckets) {
  std::shared_ptr<Buffer> ids = Buffer::allocate(memory, static_cast<std::size_t>(x.length()) * sizeof(std::int64_t));
  // The hashes are written where the ids come to be.
  std::span<std::uint64_t> values(ids->mutable_as<std::uint64_t>(), static_cast<std::size_t>(x.length()));
  hash_rows(x, values);
  for (std::uint64_t& value : values) value = static_cast<std::uint64_t>(kFirstBucketId) + value % buckets;
  bool all_null = x.type().kind() == TypeKind::kNull;
  for (std::size_t i = 0; (all_null || x.validity() != nullptr) && i < values.size(); ++i) {
    if (all_null || x.validity()[i] == 0) values[i] = static_cast<std::uint64_t>(kNullId);
  }
  return Column::fixed(TypeKind::kInt64, x.length(), std::move(ids));
}

Column eval_hash_id(const FunctionCall& call) {
  std::uint64_t buckets = static_cast<std::uint64_t>(call.expr.args[1]->literal.as_int());
  const Column& x = call.args[0];
  if (x.type().kind() != TypeKind::kList) return hash_ids(call.context.memory, x, buckets);
  ListRows lists = list_rows(call.context.memory, x);
  return list_of_elements(call, lists, hash_ids(call.context.memory, lists.elements, buckets));
}

bool never_null(const BoundExpr&) { return false; }

}  // namespace

const Function kBucket = {
    .name = "bucket",
    .group = "hash",
    .signature = "bucket(hash: int64, buckets: int64 literal) -> int64",
    .summary = "A hash, without sign, modulo the number of buckets: bucket(hash64(x), n) is hash_bucket(x, n).",
    .examples = {{"bucket(hash64('JFK'), 1000)", "415"}, {"bucket(-1, 10)", "5"}},
    .eval = eval_bucket,
    .fails = Fails::kNever,
    .resolve_args = resolve_bucket,
};

const Function kCombineHashes = {
    .name = "combine_hashes",
    .group = "hash",
    .signature = "combine_hashes(hash: int64, ...) -> int64",
    .summary = "The hash of hashes: combine_hashes(hash64(x), hash64(y)) is hash64(x, y).",
    .examples = {{"combine_hashes(hash64('JFK'), hash64('SFO')) = hash64('JFK', 'SFO')", "true"}},
    .resolve = resolve_combine,
    .eval = eval_combine,
    .fails = Fails::kNever,
};

const Function kHash64 = {
    .name = "hash64",
    .group = "hash",
    .signature = "hash64(x, ...) -> int64",
    .summary =
        "XXH3-64 of the value, seed 0, as a signed integer; of several values, the hash of their hashes. The same in "
        "every "
        "version and on every machine; null has a hash of its own.",
    .examples = {{"hash64('JFK')", "2907997725854834415"}, {"hash64(null)", "-7046029254386353131"}},
    .null_rule = NullRule::kOwn,
    .resolve = resolve_hash64,
    .eval =
        [](const FunctionCall& call) {
          return map_hashes(call, hash_arguments(call, call.args.size()), [](std::uint64_t hash) { return hash; });
        },
    .reads_literals = true,
    .fails = Fails::kNever,
    .nullable = never_null,
};

const Function kHashBucket = {
    .name = "hash_bucket",
    .group = "hash",
    .signature = "hash_bucket(x, ..., buckets: int64 literal) -> int64",
    .summary = "The hash of the values (hash64, without sign) modulo the number of buckets; null has a bucket, too.",
    .examples = {{"hash_bucket('JFK', 1000)", "415"},
                 {"hash_bucket('JFK', 'SFO', 1000)", "997"},
                 {"hash_bucket(null, 1)", "0"}},
    .null_rule = NullRule::kOwn,
    .eval = eval_hash_bucket,
    .reads_literals = true,
    .fails = Fails::kNever,
    .resolve_args = resolve_hash_bucket,
    .nullable = never_null,
};

const Function kHashId = {
    .name = "hash_id",
    .group = "hash",
    .signature = "hash_id(x: T | list<T>, buckets: int64 literal) -> int64 | list<int64>",
    .summary =
        "The id of x: 1 for null, 2 + hash_bucket(x, buckets) for all else; 0 is left for padding. Of a list, the ids "
        "of its elements; a null list has none.",
    .examples = {{"hash_id('JFK', 1000)", "417"},
                 {"hash_id(null, 1000)", "1"},
                 {"hash_id(['JFK', null], 1000)", "[417, 1]"}},
    .null_rule = NullRule::kOwn,
    .eval = eval_hash_id,
    .reads_literals = true,
    .fails = Fails::kNever,
    .resolve_args = resolve_hash_id,
    .nullable = never_null,
};

}  // namespace headrace
