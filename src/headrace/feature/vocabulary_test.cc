// vocabulary: order, ids and limits, against a sorted map.
#include <map>

#include "headrace/feature/transform_conformance.h"
#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

std::vector<TransformSpec> vocabulary(std::int64_t min_count, std::int64_t max_size, std::int64_t oov_buckets) {
  return {transform_spec("vocabulary", {{"min_count", Value::int64(min_count)},
                                        {"max_size", Value::int64(max_size)},
                                        {"oov_buckets", Value::int64(oov_buckets)}})};
}

Json words_of(const FeatureSet& set) { return set.state(0).states[0][0]["words"]; }

TEST_CASE("vocabulary conforms") {
  Column train = strings({"b", "a", "b", std::nullopt, "", "ü", "it's", "new\nline", "\"q\"", "a", "c", "\x01"});
  Column unseen = strings({"z", std::nullopt, "", "longer than all the others together"});
  check_conformance(vocabulary(1, 0, 1), {train}, {unseen});
  check_conformance(vocabulary(2, 0, 7), {train}, {unseen});
  check_conformance(vocabulary(1, 3, 2), {train}, {unseen});
  check_conformance(vocabulary(100, 0, 2), {train}, {unseen});  // no words at all
  check_conformance({transform_spec("vocabulary")},
                    {integers({7, -7, std::nullopt, 7, INT64_MIN, INT64_MAX, 0, 9'007'199'254'740'993})},
                    {integers({8, std::nullopt, 7})});
  check_conformance(vocabulary(1, 0, 1), {test_column<std::int16_t>(TypeKind::kInt16, {3, std::nullopt, 3, -1})},
                    {test_column<std::int16_t>(TypeKind::kInt16, {4, 3})});
}

TEST_CASE("vocabulary of lists conforms, and counts elements") {
  Column tags = lists(strings({"b", "a", "b", std::nullopt, "c", "b"}), {2, std::nullopt, 0, 3, 1});
  Column unseen = lists(strings({"z", std::nullopt}), {std::nullopt, 1, 1});
  check_conformance(vocabulary(1, 0, 2), {tags}, {unseen});
  check_conformance(vocabulary(3, 0, 2), {tags}, {unseen});
  check_conformance(vocabulary(100, 0, 2), {tags}, {unseen});  // no words at all
  check_conformance(vocabulary(1, 0, 1), {lists(integers({7, -7, std::nullopt, 7}), {3, std::nullopt, 1})},
                    {lists(integers({8}), {1, 0})});
  Column small = test_column<std::int16_t>(TypeKind::kInt16, {3, std::nullopt, 3, -1});
  check_conformance(vocabulary(1, 0, 1), {lists(small, {3, 0, 1})}, {lists(small, {1, std::nullopt})});

  Batch rows = test_batch({tags});
  FeatureSet set = fitted(vocabulary(1, 0, 1), rows);
  CHECK(words_of(set) == Json({"b", "a", "c"}));
  CHECK(cells(set, rows) == std::vector<std::string>{"[3, 4]", "[]", "[]", "[3, 1, 5]", "[3]"});
  CHECK(set.output_columns().front().field == Field{"f", Type::list(TypeKind::kInt64), false});
  CHECK(set.output_columns().front().shape == std::vector<std::int64_t>{-1});
  CHECK_THROWS_WITH_AS(one_feature(vocabulary(1, 0, 1), test_batch({lists(doubles({1}), {1})})),
                       doctest::Contains("not list<float64>"), Error);
}

TEST_CASE("words come by falling count, then by bytes; integers by value") {
  Batch rows = test_batch({strings({"b", "a", "ü", "b", "Z", "a", "c", std::nullopt, ""})});
  CHECK(words_of(fitted(vocabulary(1, 0, 1), rows)) == Json({"a", "b", "", "Z", "c", "ü"}));
  CHECK(words_of(fitted(vocabulary(2, 0, 1), rows)) == Json({"a", "b"}));
  CHECK(words_of(fitted(vocabulary(1, 3, 1), rows)) == Json({"a", "b", ""}));
  Batch numbers = test_batch({integers({10, 9, -1, 256, 9})});
  CHECK(words_of(fitted(vocabulary(1, 0, 1), numbers)) == Json({9, -1, 10, 256}));
}

TEST_CASE("ids are 1 for null, then the buckets, then the words") {
  Batch rows = test_batch({strings({"b", "a", "b", std::nullopt})});
  FeatureSet set = fitted(vocabulary(1, 0, 3), rows);
  CHECK(set.output_columns().front().id_count == 7);
  CHECK(cells(set, rows) == std::vector<std::string>{"5", "6", "5", "1"});
  Batch other = test_batch({strings({"never seen"})});
  CHECK(cells(set, other).front() == std::to_string(2 + hash_bytes("never seen") % 3));
  CHECK(set.describe().front().second == "vocabulary: 2 words, 3 out-of-vocabulary buckets");
}

TEST_CASE("an unknown integer gets the bucket of its hash") {
  FeatureSet set = fitted(vocabulary(1, 0, 5), test_batch({integers({1})}));
  CHECK(cells(set, test_batch({integers({-42})})).front() == std::to_string(2 + hash_int64(-42) % 5));
}

TEST_CASE("a vocabulary of many words agrees with a sorted map") {
  std::mt19937 random(3);
  std::vector<std::optional<std::string>> values;
  std::map<std::string, int> counts;
  for (int i = 0; i < 20000; ++i) {
    auto number = random() % 4000;
    values.emplace_back("word " + std::to_string(number * number % 3001));
    ++counts[*values.back()];
  }
  std::vector<std::pair<int, std::string>> order;
  for (const auto& [word, count] : counts) {
    if (count >= 3) order.emplace_back(-count, word);
  }
  std::sort(order.begin(), order.end());
  Json expected = Json::array();
  for (const auto& entry : order) expected.push_back(entry.second);
  CHECK(words_of(fitted(vocabulary(3, 0, 1), test_batch({strings(values)}))) == expected);
}

TEST_CASE("vocabulary refuses floats, no buckets and a damaged state") {
  CHECK_THROWS_WITH_AS(one_feature(vocabulary(1, 0, 1), test_batch({doubles({1})})), doctest::Contains("not float64"),
                       Error);
  CHECK_THROWS_WITH_AS(one_feature(vocabulary(1, 0, 0), test_batch({strings({"a"})})),
                       doctest::Contains("'oov_buckets' is 0, but must be from 1"), Error);
  Batch rows = test_batch({strings({"a"})});
  FittedState state = fitted(vocabulary(1, 0, 1), rows).state(1);
  state.states[0][0]["words"].push_back(5);
  FeatureSet set = one_feature(vocabulary(1, 0, 1), rows);
  CHECK_THROWS_WITH_AS(set.load_state(state), doctest::Contains("'words' holds a word of another type"), Error);
  CHECK_FALSE(set.is_fitted());
}

TEST_CASE("a vocabulary beyond the memory budget ends in one clear error") {
  auto memory = MemoryBudget::create(64 * 1024);
  Batch rows = test_batch({strings({"a"})});
  FeatureSet set = one_feature(vocabulary(1, 0, 1), rows);
  auto counter = set.next_stage().front().transform->make_accumulator(*memory, 0);
  std::vector<std::optional<std::string>> values;
  for (int i = 0; i < 5000; ++i) values.emplace_back(std::to_string(i));
  std::vector<Column> columns = {strings(values)};
  CHECK_THROWS_WITH_AS(counter->update(columns), doctest::Contains("counts of a vocabulary"), Error);
  counter.reset();
  CHECK(memory->used_bytes() == 0);
}

}  // namespace
}  // namespace headrace
