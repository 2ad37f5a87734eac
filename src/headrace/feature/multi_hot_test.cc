// multi_hot: behind each transform that makes lists of ids.
#include "headrace/feature/transform_conformance.h"

namespace headrace {
namespace {

const TransformSpec kMultiHot = transform_spec("multi_hot");

TransformSpec hash(std::int64_t buckets) { return transform_spec("hash", {{"buckets", Value::int64(buckets)}}); }

TEST_CASE("multi_hot conforms behind transforms that make lists of ids") {
  Column words = lists(strings({"a", "b", std::nullopt, "a"}), {2, std::nullopt, 0, 2});
  Column unseen = lists(strings({"z"}), {std::nullopt, 1});
  check_conformance({transform_spec("vocabulary"), kMultiHot}, {words}, {unseen});
  check_conformance({hash(3), kMultiHot}, {words}, {unseen});
}

TEST_CASE("multi_hot has 1 at every id of the list, and nothing but zeros for null") {
  Batch rows = test_batch({lists(strings({"a", "b", "a", std::nullopt}), {1, 2, 1, std::nullopt, 0})});
  FeatureSet set = fitted({transform_spec("vocabulary"), kMultiHot}, rows);
  CHECK(cells(set, rows) == std::vector<std::string>{"[0.0, 0.0, 0.0, 1.0, 0.0]", "[0.0, 0.0, 0.0, 1.0, 1.0]",
                                                     "[0.0, 1.0, 0.0, 0.0, 0.0]", "[0.0, 0.0, 0.0, 0.0, 0.0]",
                                                     "[0.0, 0.0, 0.0, 0.0, 0.0]"});
  CHECK(set.output_columns().front().field == Field{"f", Type::fixed_size_list(TypeKind::kFloat32, 5), false});
  CHECK(set.output_columns().front().shape == std::vector<std::int64_t>{5});
}

TEST_CASE("multi_hot takes lists of ids, one_hot one id a row") {
  Batch words = test_batch({lists(strings({"a"}), {1})});
  CHECK_THROWS_WITH_AS(one_feature({hash(3), transform_spec("one_hot")}, words), doctest::Contains("multi_hot"), Error);
  CHECK_THROWS_WITH_AS(one_feature({hash(3), kMultiHot}, test_batch({strings({"a"})})), doctest::Contains("one_hot"),
                       Error);
  CHECK_THROWS_WITH_AS(one_feature({kMultiHot}, test_batch({lists(integers({1}), {1})})),
                       doctest::Contains("multi_hot takes lists of ids"), Error);
  CHECK_THROWS_WITH_AS(one_feature({hash(1'000'000), kMultiHot}, words),
                       doctest::Contains("1000002 numbers of every row"), Error);
}

}  // namespace
}  // namespace headrace
