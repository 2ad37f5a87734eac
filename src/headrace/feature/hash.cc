// hash: ids without a vocabulary.

#include "headrace/feature/check_inputs.h"
#include "headrace/feature/formula.h"
#include "headrace/feature/plain_transform.h"

namespace headrace {

extern const TransformKind kHashTransform;

namespace {

constexpr std::int64_t kBucketsMax = 1'000'000'000'000;

std::unique_ptr<Transform> bind_hash(const TransformParameters& parameters, std::span<const FeatureDomain> inputs) {
  const Type& type = one_input("hash", inputs).type;
  bool lists = type.kind() == TypeKind::kList;
  if ((lists ? type.element() : type).is_nested()) refuse_input("hash", "a column or a list of a plain type", type);
  std::int64_t buckets = parameters.integer_in("buckets", 1, kBucketsMax);
  if (!lists && !inputs.front().nullable) {
    // The hash itself may come from the scan, instead of the text.
    return plain_transform({TypeKind::kInt64, false, true, 2 + buckets}, [buckets](std::span<const Expr> x) {
      return formula("2 + bucket(hash64(x), buckets)", {{"x", x.front()}, {"buckets", integer_literal(buckets)}});
    });
  }
  return plain_transform({ids_type(lists), false, true, 2 + buckets}, [buckets](std::span<const Expr> x) {
    return formula("hash_id(x, buckets)", {{"x", x.front()}, {"buckets", integer_literal(buckets)}});
  });
}

}  // namespace

const TransformKind kHashTransform = {
    .name = "hash",
    .summary =
        "Ids without a vocabulary: 0 padding (never made), 1 null, 2 + hash % buckets. The hash is XXH3-64 with "
        "seed 0, the same on every machine and in every version. Of a list, the ids of its elements: a list of as "
        "many; "
        "a null list has none.",
    .fitted = {},
    .input = "a column of any plain type, or a list of one",
    .output = "int64 ids, or lists of them; their number is 2 + buckets",
    .parameters = {{"buckets", "integer", "", "number of hash buckets, at least 1"}},
    .example = "{hash: {buckets: 1000}}",
    .source = "XXH3-64, https://github.com/Cyan4973/xxHash",
    .bind = bind_hash,
};

}  // namespace headrace
