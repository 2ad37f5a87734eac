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
    // Each part has a hash of its own, so that one that comes from a dimension is hashed once a row of the dimension.
    std::vector<Expr> hashes;
    for (const Expr& part : parts) hashes.push_back(call("hash64", {part}));
    Expr hash = call("combine_hashes", std::move(hashes));
    return formula("2 + bucket", {{"bucket", call("bucket", {hash, integer_literal(buckets)})}});
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
