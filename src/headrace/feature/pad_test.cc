// pad: behind transforms that make lists of ids, and on lists of numbers.
#include "headrace/feature/transform_conformance.h"

namespace headrace {
namespace {

TransformSpec pad(std::int64_t length) { return transform_spec("pad", {{"length", Value::int64(length)}}); }
TransformSpec hash() { return transform_spec("hash", {{"buckets", Value::int64(10)}}); }

TEST_CASE("pad conforms") {
  Column words = lists(strings({"a", "b", std::nullopt, "c", "a"}), {2, std::nullopt, 0, 3});
  Column unseen = lists(strings({"z"}), {std::nullopt, 1});
  check_conformance({transform_spec("vocabulary"), pad(2)}, {words}, {unseen});
  check_conformance({hash(), pad(5)}, {words}, {unseen});
  check_conformance({pad(1)}, {lists(doubles({1.5, std::nullopt, 2}), {1, 2})}, {lists(doubles({}), {0})});
}

TEST_CASE("pad cuts long lists and fills short ones with zeros") {
  Batch rows = test_batch({lists(integers({1, 2, 3, std::nullopt, 5}), {3, std::nullopt, 0, 2})});
  FeatureSet set = one_feature({pad(2)}, rows);
  CHECK(cells(set, rows) == std::vector<std::string>{"[1, 2]", "[0, 0]", "[0, 0]", "[0, 5]"});
  CHECK(set.output_columns().front().field == Field{"f", Type::fixed_size_list(TypeKind::kInt64, 2), false});
  CHECK(set.output_columns().front().shape == std::vector<std::int64_t>{2});
}

TEST_CASE("pad keeps the number of ids") {
  Batch rows = test_batch({lists(strings({"a", "b"}), {2})});
  FeatureSet set = fitted({transform_spec("vocabulary"), pad(3)}, rows);
  CHECK(set.output_columns().front().id_count == 5);
  CHECK(cells(set, rows)[0] == "[3, 4, 0]");
}

TEST_CASE("pad refuses what is no list of numbers") {
  CHECK_THROWS_WITH_AS(one_feature({pad(2)}, test_batch({integers({1})})),
                       doctest::Contains("pad takes a list of ids or numbers, not int64"), Error);
  CHECK_THROWS_WITH_AS(one_feature({pad(2)}, test_batch({lists(strings({"a"}), {1})})),
                       doctest::Contains("not list<string>"), Error);
  CHECK_THROWS_WITH_AS(one_feature({pad(0)}, test_batch({lists(integers({1}), {1})})),
                       doctest::Contains("'length' is 0"), Error);
}

}  // namespace
}  // namespace headrace
