// cross: one id of several columns, by the hash of their hashes.

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/feature/check_inputs.h"
#include "headrace/feature/formula.h"
#include "headrace/feature/plain_transform.h"

namespace headrace {

extern const TransformKind kCrossTransform;

namespace {

constexpr std::int64_t kBucketsMax = 1'000'000'000'000;

std::unique_ptr<Transform> bind_cross(const TransformParameters& parameters, std::span<const FeatureDomain> inputs) {
  if (inputs.size() < 2) {
    throw Error(ErrorCode::kInvalidPipeline, fmt::format("cross takes at least two inputs, not {}", inputs.size()),
                "list the columns under 'from', as in from: [origin, dest]");
  }
  check_hashable("cross", inputs);
  std::int64_t buckets = parameters.integer_in("buckets", 1, kBucketsMax);
  return plain_transform({TypeKind::kInt64, false, true, 2 + buckets}, [buckets](std::span<const Expr> parts) {
    std::vector<Expr> args(parts.begin(), parts.end());
    args.push_back(integer_literal(buckets));
    return formula("2 + bucket", {{"bucket", call("hash_bucket", std::move(args))}});
  });
}

}  // namespace

const TransformKind kCrossTransform = {
    .name = "cross",
    .summary =
        "One id of several columns together: 2 + hash % buckets, where the hash is that of the columns' hashes in "
        "the order given. A null is hashed like a value of its own, so the ids 0 (padding) and 1 are never made.",
    .fitted = {},
    .input = "two or more columns of any plain type",
    .output = "int64 ids; their number is 2 + buckets",
    .parameters = {{"buckets", "integer", "", "number of hash buckets, at least 1"}},
    .example = "{cross: {buckets: 10000}}",
    .source = "XXH3-64, https://github.com/Cyan4973/xxHash",
    .bind = bind_cross,
};

}  // namespace headrace
