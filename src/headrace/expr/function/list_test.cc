// Functions of lists: null lists, null elements, slices, edges.
#include <doctest/doctest.h>

#include "headrace/expr/function/check_rows.h"
#include "headrace/expr/function/list_rows.h"

namespace headrace {
namespace {

using Lengths = std::initializer_list<std::optional<int>>;

/// Lists of so many elements each; std::nullopt is null.
Column lists(const Column& elements, Lengths lengths) {
  ColumnBuilder builder(test_memory(), Type::list(elements.type()));
  std::int64_t at = 0;
  for (const std::optional<int>& length : lengths) {
    if (!length) {
      builder.append_null();
      continue;
    }
    for (std::int64_t end = at + *length; at < end; ++at) builder.child(0).append_from(elements, at);
    builder.append_list_end();
  }
  return builder.finish();
}

Column words() { return lists(texts({"a", "b", std::nullopt, "b", "c", "a"}), {2, std::nullopt, 0, 3, 1}); }
Column ids() { return lists(int64s({1, 2, std::nullopt, 2, 9, -1}), {2, std::nullopt, 0, 3, 1}); }

}  // namespace

TEST_CASE("list_length counts nulls, and is null of null") {
  check_rows("list_length(a)", {words()}, {"2", "null", "0", "3", "1"});
  check_rows("list_length(array(a, a))", {int64s({1, std::nullopt})}, {"2", "2"});
  check_fails("list_length(a)", {texts({"a"})}, "list_length does not take (string)");
}

TEST_CASE("list_contains is null when only a null could be the value") {
  check_rows("list_contains(a, 'b')", {words()}, {"true", "null", "false", "true", "false"});
  check_rows("list_contains(a, 'a')", {words()}, {"true", "null", "false", "null", "true"});
  check_rows("list_contains(a, b)", {ids(), int64s({2, 1, 1, std::nullopt, -1})},
             {"true", "null", "false", "null", "true"});
  check_rows("list_contains(a, 9)", {lists(numbers<std::int32_t>(TypeKind::kInt32, {9, 8}), {1, 1})},
             {"true", "false"});
  check_rows("list_contains(a, 2.0)", {ids()}, {"true", "null", "false", "true", "false"});
  check_rows("list_contains([float64 'NaN'], float64 'NaN')", {}, {"true"});
  check_rows("list_contains(null, 1)", {}, {"null"});
  check_fails("list_contains(a, 'x')", {ids()}, "list_contains does not take (list<int64>, string)");
}

TEST_CASE("list_get counts from 0 and is null outside") {
  check_rows("list_get(a, 0)", {words()}, {"a", "null", "null", "null", "a"});
  check_rows("list_get(a, 2)", {words()}, {"null", "null", "null", "c", "null"});
  check_rows("list_get(a, -1)", {words()}, {"null", "null", "null", "null", "null"});
  check_rows("list_get(a, b)", {ids(), int64s({1, 0, 0, std::nullopt, 0})}, {"2", "null", "null", "null", "-1"});
}

TEST_CASE("list_pad cuts and fills with zeros") {
  check_rows("list_pad(a, 2)", {ids()}, {"[1, 2]", "[0, 0]", "[0, 0]", "[0, 2]", "[-1, 0]"});
  check_rows("list_pad(a, 1)", {lists(numbers<float>(TypeKind::kFloat32, {1.5F, 2.5F}), {2, 0})}, {"[1.5]", "[0.0]"});
  check_fails("list_pad(a, 0)", {ids()}, "list_pad does not take");
  check_fails("list_pad(a, 2)", {words()}, "list_pad does not take (list<string>, int64)");
}

TEST_CASE("multi_hot leaves out nulls and what is outside") {
  check_rows("multi_hot(a, 3)", {ids()},
             {"[0.0, 1.0, 1.0]", "[0.0, 0.0, 0.0]", "[0.0, 0.0, 0.0]", "[0.0, 0.0, 1.0]", "[0.0, 0.0, 0.0]"});
  check_fails("multi_hot(a, 3)", {words()}, "multi_hot does not take");
}

TEST_CASE("ids of a list are those of its elements, and a null list has none") {
  check_rows("vocabulary_id(a, ['b'], 1)", {words()}, {"[2, 3]", "[]", "[]", "[1, 3, 2]", "[2]"});
  check_rows("vocabulary_id(a, [2, 1], 1)", {ids()}, {"[4, 3]", "[]", "[]", "[1, 3, 2]", "[2]"});
  check_rows("vocabulary_id(a, [7], 1)", {lists(numbers<std::int16_t>(TypeKind::kInt16, {7}), {1, 0})}, {"[3]", "[]"});
  check_rows("hash_id(a, 1)", {words()}, {"[2, 2]", "[]", "[]", "[1, 2, 2]", "[2]"});
  check_rows("list_get(hash_id(a, 1000), 1) = hash_id('b', 1000)", {words()}, {"true", "null", "null", "true", "null"});
  check_rows("hash_id(a, 1000) = 2 + hash_bucket(a, 1000)", {texts({"x", ""})}, {"true", "true"});
  check_rows("hash_id(a, 7)", {int64s({std::nullopt})}, {"1"});
}

TEST_CASE("split gives every part, empty ones too") {
  check_rows("split(a, ' ')", {texts({"a b", "", " a", std::nullopt, "a  b ", "ü"})},
             {"[a, b]", "[]", "[, a]", "null", "[a, , b, ]", "[ü]"});
  check_rows("list_length(split(a, ' '))", {texts({"a b", "", " "})}, {"2", "1", "2"});
  check_rows("split(a, b)", {texts({"a--b", "aaa", "ab"}), texts({"--", "aa", ""})}, {"[a, b]", "[, a]", "[ab]"});
  check_rows("split('a,b', a)", {texts({",", std::nullopt})}, {"[a, b]", "null"});
}

TEST_CASE("elements that stand under a null list do not count") {
  Column full = lists(int64s({1, 2, 3}), {1, 1, 1});
  std::shared_ptr<Buffer> validity = Buffer::allocate(test_memory(), 3);
  for (std::size_t i = 0; i < 3; ++i) validity->mutable_as<std::uint8_t>()[i] = i == 1 ? 0 : 1;
  ListRows rows = list_rows(test_memory(), full.with_validity(validity));
  CHECK(cells_of(rows.elements) == std::vector<std::string>{"1", "3"});
  CHECK(rows.begin(2) == 1);
}

}  // namespace headrace
