// one_hot: behind each transform that makes ids.
#include "headrace/feature/transform_conformance.h"

namespace headrace {
namespace {

TEST_CASE("one_hot conforms behind transforms that make ids") {
  TransformSpec one_hot = transform_spec("one_hot");
  check_conformance({transform_spec("hour"), one_hot}, {timestamps({0, std::nullopt, 86399})}, {timestamps({-1})});
  check_conformance({transform_spec("vocabulary"), one_hot}, {strings({"a", std::nullopt, "b"})}, {strings({"z"})});
  check_conformance({transform_spec("bucketize", {{"quantiles", Value::int64(3)}}), one_hot},
                    {doubles({1, 2, 3, std::nullopt})}, {doubles({-1e9, 1e9})});
}

TEST_CASE("one_hot has 1 at the id, and nothing but zeros for null") {
  Batch rows = test_batch({timestamps({1357016400, std::nullopt})});  // 2013-01-01T05:00Z, the first quarter
  FeatureSet set = one_feature({transform_spec("quarter"), transform_spec("one_hot")}, rows);
  CHECK(cells(set, rows) == std::vector<std::string>{"[0.0, 1.0, 0.0, 0.0, 0.0]", "[0.0, 0.0, 0.0, 0.0, 0.0]"});
  CHECK(set.output_columns().front().shape == std::vector<std::int64_t>{5});
  CHECK(set.output_columns().front().field.type == Type::fixed_size_list(TypeKind::kFloat32, 5));
}

TEST_CASE("the size of a vocabulary's one_hot is known once it is fitted") {
  Batch rows = test_batch({strings({"a", "b", "a"})});
  FeatureSet set = fitted({transform_spec("vocabulary"), transform_spec("one_hot")}, rows);
  CHECK(set.output_columns().front().shape == std::vector<std::int64_t>{5});
  CHECK(cells(set, rows)[0] == "[0.0, 0.0, 0.0, 1.0, 0.0]");
}

TEST_CASE("one_hot refuses what is no id, and too many ids") {
  CHECK_THROWS_WITH_AS(one_feature({transform_spec("one_hot")}, test_batch({integers({1})})),
                       doctest::Contains("one_hot takes ids"), Error);
  CHECK_THROWS_WITH_AS(
      one_feature({transform_spec("hash", {{"buckets", Value::int64(1'000'000)}}), transform_spec("one_hot")},
                  test_batch({integers({1})})),
      doctest::Contains("1000002 numbers of every row"), Error);
}

}  // namespace
}  // namespace headrace
