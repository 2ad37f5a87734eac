// cross: ids against the hashes of the kernel.
#include "headrace/feature/transform_conformance.h"
#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

std::vector<TransformSpec> cross(std::int64_t buckets) {
  return {transform_spec("cross", {{"buckets", Value::int64(buckets)}})};
}

TEST_CASE("cross conforms") {
  check_conformance(cross(50), {strings({"a", std::nullopt, "b"}), integers({1, 2, std::nullopt})},
                    {strings({"z", std::nullopt}), integers({1, std::nullopt})});
  check_conformance(cross(50), {strings({"a"}), strings({"b"}), doubles({std::nullopt})},
                    {strings({"a"}), strings({"b"}), doubles({1})});
}

TEST_CASE("the id is 2 + the hash of the parts' hashes, null being a part of its own") {
  Batch rows = test_batch({strings({"JFK", "IAH", std::nullopt}), strings({"IAH", "JFK", std::nullopt})});
  std::uint64_t there[] = {hash_bytes("JFK"), hash_bytes("IAH")};
  std::uint64_t back[] = {hash_bytes("IAH"), hash_bytes("JFK")};
  std::uint64_t nulls[] = {kNullHash, kNullHash};
  FeatureSet set = one_feature(cross(1'000'003), rows);
  CHECK(cells(set, rows) == std::vector<std::string>{std::to_string(2 + hash_combine(there) % 1'000'003),
                                                     std::to_string(2 + hash_combine(back) % 1'000'003),
                                                     std::to_string(2 + hash_combine(nulls) % 1'000'003)});
}

TEST_CASE("cross of one column is refused") {
  CHECK_THROWS_WITH_AS(one_feature(cross(5), test_batch({strings({"a"})})),
                       doctest::Contains("cross takes at least two inputs, not 1"), Error);
}

}  // namespace
}  // namespace headrace
