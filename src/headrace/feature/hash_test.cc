// hash: ids against the hashes of the kernel.
#include "headrace/kernel/hash.h"

#include "headrace/feature/transform_conformance.h"

namespace headrace {
namespace {

std::vector<TransformSpec> hash(std::int64_t buckets) {
  return {transform_spec("hash", {{"buckets", Value::int64(buckets)}})};
}

TEST_CASE("hash conforms for every plain type") {
  check_conformance(hash(7), {strings({"a", std::nullopt, "", "ü"})}, {strings({"z", std::nullopt})});
  check_conformance(hash(1), {integers({1, std::nullopt, -1})}, {integers({INT64_MIN})});
  check_conformance(hash(1'000'000'000'000), {doubles({1, std::nullopt, -0.0})}, {doubles({0.5})});
  check_conformance(hash(3), {timestamps({0, std::nullopt})}, {timestamps({-1})});
  check_conformance(hash(3), {test_column<std::uint8_t>(TypeKind::kBool, {1, 0, std::nullopt})},
                    {test_column<std::uint8_t>(TypeKind::kBool, {1})});
  check_conformance(hash(3), {test_column<std::int32_t>(TypeKind::kDate, {1, std::nullopt})},
                    {test_column<std::int32_t>(TypeKind::kDate, {-1})});
  check_conformance(hash(3), {test_column<Int128>(Type::decimal(10, 2), {150, -25, std::nullopt})},
                    {test_column<Int128>(Type::decimal(10, 2), {0})});
}

TEST_CASE("hash of lists conforms, and gives the ids of the elements") {
  Column tags = lists(strings({"a", "b", std::nullopt}), {2, std::nullopt, 0, 1});
  check_conformance(hash(7), {tags}, {lists(strings({"z"}), {std::nullopt, 1})});
  check_conformance(hash(7), {lists(doubles({-0.0, 1}), {1, 1})}, {lists(doubles({}), {0})});
  Batch rows = test_batch({tags});
  FeatureSet set = one_feature(hash(1000), rows);
  std::string a = std::to_string(2 + hash_bytes("a") % 1000), b = std::to_string(2 + hash_bytes("b") % 1000);
  CHECK(cells(set, rows) == std::vector<std::string>{"[" + a + ", " + b + "]", "[]", "[]", "[1]"});
  CHECK(set.output_columns().front().field == Field{"f", Type::list(TypeKind::kInt64), false});
  CHECK(set.output_columns().front().id_count == 1002);
  Column deep = lists(tags, {4});
  CHECK_THROWS_WITH_AS(one_feature(hash(7), test_batch({deep})), doctest::Contains("not list<list<string>>"), Error);
}

TEST_CASE("the id is 1 for null, else 2 + hash % buckets") {
  Batch rows = test_batch({strings({"N14228", std::nullopt, ""})});
  FeatureSet set = one_feature(hash(1000), rows);
  CHECK(set.output_columns().front().id_count == 1002);
  CHECK(cells(set, rows) == std::vector<std::string>{std::to_string(2 + hash_bytes("N14228") % 1000), "1",
                                                     std::to_string(2 + hash_bytes("") % 1000)});
  Batch numbers = test_batch({integers({-42})});
  CHECK(cells(one_feature(hash(99), numbers), numbers).front() == std::to_string(2 + hash_int64(-42) % 99));
}

TEST_CASE("hash needs a number of buckets, at least one, and a single input") {
  Batch rows = test_batch({strings({"a"})});
  CHECK_THROWS_WITH_AS(one_feature({transform_spec("hash")}, rows), doctest::Contains("'buckets' is missing"), Error);
  CHECK_THROWS_WITH_AS(one_feature(hash(0), rows), doctest::Contains("must be from 1"), Error);
  Batch two = test_batch({strings({"a"}), strings({"b"})});
  CHECK_THROWS_WITH_AS(one_feature(hash(5), two), doctest::Contains("takes one input, not 2"), Error);
}

}  // namespace
}  // namespace headrace
