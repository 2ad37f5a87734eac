// Hashes, buckets and ids: what encoded features are made of.
#include <limits>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "headrace/expr/check_expr.h"
#include "headrace/expr/function/row_hash.h"
#include "headrace/expr/function/value_index.h"
#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

std::string as_cell(std::uint64_t hash) { return std::to_string(static_cast<std::int64_t>(hash)); }

TEST_CASE("hashes are those of the kernel, whatever the width of the type") {
  for (std::string type : {"int8", "int16", "int32", "int64"})
    CHECK(cell("hash64(" + type + " '-5')") == as_cell(hash_int64(-5)));
  CHECK(cell("hash64(true)") == as_cell(hash_int64(1)));
  CHECK(cell("hash64(date '1970-01-02')") == as_cell(hash_int64(1)));
  CHECK(cell("hash64(timestamp '1970-01-01T00:00:01Z')") == as_cell(hash_int64(1000000)));
  CHECK(cell("hash64(float32 '0.5')") == as_cell(hash_float64(0.5)));
  CHECK(cell("hash64(-0.0) = hash64(0.0)") == "true");
  CHECK(cell("hash64(decimal(5, 2) '-1')") == as_cell(hash_decimal128(static_cast<std::uint64_t>(-100), -1)));
  CHECK(cell("hash64('')") == as_cell(hash_bytes("")));
  CHECK(cell("hash64(x'ff')") == as_cell(hash_bytes("\xff")));
  std::uint64_t parts[] = {hash_bytes("a"), kNullHash};
  CHECK(cell("hash64('a', null)") == as_cell(hash_combine(parts)));
  CHECK(cell("hash64(['a', null])") == as_cell(hash_combine(parts)));
  CHECK(cell("hash64(array('a', null))") == as_cell(hash_combine(parts)));
  CHECK(cell("hash64([]) = hash64([])") == "true");
}

TEST_CASE("hashes of a slice are those of its rows") {
  ColumnBuilder builder(check_memory(), Type::list(TypeKind::kString));
  for (std::string text : {"a", "b", "c", "d"}) {
    builder.child(0).append_string(text);
    if (text == "b") builder.child(0).append_null();
    builder.append_list_end();
    if (text == "c") builder.append_null();
  }
  Column lists = builder.finish();
  std::vector<std::uint64_t> all(5), part(3);
  hash_rows(lists, all);
  hash_rows(lists.slice(1, 3), part);
  CHECK(part == std::vector<std::uint64_t>(all.begin() + 1, all.begin() + 4));
  CHECK(all[3] == kNullHash);
  std::uint64_t with_null[] = {hash_bytes("b"), kNullHash};
  CHECK(all[1] == hash_combine(with_null));
}

TEST_CASE("hash buckets are the hash, unsigned, modulo their number") {
  Batch batch = batch_of({{"s", "string", {"JFK", "SFO", "null", ""}}, {"i", "int32", {"1", "null", "3", "4"}}});
  Cells expected, crossed;
  std::vector<std::uint64_t> texts = {hash_bytes("JFK"), hash_bytes("SFO"), kNullHash, hash_bytes("")};
  std::vector<std::uint64_t> ints = {hash_int64(1), kNullHash, hash_int64(3), hash_int64(4)};
  for (std::size_t i = 0; i < 4; ++i) {
    expected.push_back(std::to_string(texts[i] % 1000));
    std::uint64_t pair[] = {texts[i], ints[i]};
    crossed.push_back(std::to_string(hash_combine(pair) % 1000));
  }
  CHECK(cells("hash_bucket(s, 1000)", batch) == expected);
  CHECK(cells("hash_bucket(s, i, 1000)", batch) == crossed);
  CHECK(cells("hash_bucket(s, 1)", batch) == Cells{"0", "0", "0", "0"});
  CHECK(cells("hash_bucket(s, 'x', 1000) = hash_bucket(s, concat('x', ''), 1000)", batch) ==
        Cells{"true", "true", "true", "true"});
}

TEST_CASE("bucketize counts the boundaries at or below a value") {
  Batch batch =
      batch_of({{"x", "float64", {"-1", "0", "5", "10", "10.5", "Infinity", "NaN", "-Infinity", "null", "-0.0"}}});
  CHECK(cells("bucketize(x, [0, 10])", batch) == Cells{"0", "1", "1", "2", "2", "2", "2", "0", "null", "1"});
  CHECK(cells("bucketize(x, [])", batch.slice(0, 2)) == Cells{"0", "0"});
  CHECK(cells("bucketize(x, [5, 5, 5])", batch.slice(1, 2)) == Cells{"0", "3"});
  CHECK(cell("bucketize(int8 '7', [1, 7, 300])") == "2");
  CHECK(cell("bucketize(7, [6.5, 7.5])") == "1");
  CHECK(cell("bucketize(decimal(3, 1) '7.5', [7.5])") == "1");
  CHECK(cell("bucketize(9007199254740993, [9007199254740992])") == "1");
  CHECK(cell("bucketize(null, [1])") == "null");
}

TEST_CASE("vocabulary ids: null is 1, then the buckets of unknown values, then the list") {
  Batch batch = batch_of({{"s", "string", {"b", "a", "x", "null", "", "B"}}});
  std::uint64_t buckets = 3;
  auto unknown = [&](std::string_view text) { return std::to_string(2 + hash_bytes(text) % buckets); };
  CHECK(cells("vocabulary_id(s, ['a', 'b'], 3)", batch) ==
        Cells{"6", "5", unknown("x"), "1", unknown(""), unknown("B")});
  CHECK(cells("vocabulary_id(s, [], 3)", batch.slice(0, 1)) == Cells{unknown("b")});
  Batch ints = batch_of({{"i", "int16", {"7", "-1", "null", "8"}}});
  CHECK(cells("vocabulary_id(i, [8, 7], 5)", ints) == Cells{"8", std::to_string(2 + hash_int64(-1) % 5), "1", "7"});
}

TEST_CASE("one-hot vectors") {
  Batch batch = batch_of({{"i", "int8", {"0", "2", "3", "-1", "null"}}});
  CHECK(cells("one_hot(i, 3)", batch) ==
        Cells{"[1.0, 0.0, 0.0]", "[0.0, 0.0, 1.0]", "[0.0, 0.0, 0.0]", "[0.0, 0.0, 0.0]", "[0.0, 0.0, 0.0]"});
  CHECK(cells("one_hot(i, 1)", batch.slice(0, 2)) == Cells{"[1.0]", "[0.0]"});
}

TEST_CASE("an index finds every value of any number of them") {
  for (std::int64_t count : {0, 1, 2, 3, 7, 8, 9, 1000}) {
    ColumnBuilder ints(check_memory(), TypeKind::kInt64), texts(check_memory(), TypeKind::kString);
    for (std::int64_t i = 0; i < count; ++i) {
      ints.append(i << 40);
      texts.append_string(std::to_string(i));
    }
    ValueIndex int_index(ints.finish()), text_index(texts.finish());
    for (std::int64_t i = 0; i < count; ++i) {
      std::string text = std::to_string(i);
      CHECK(int_index.find(i << 40) == i);
      CHECK(text_index.find(text, hash_bytes(text)) == i);
    }
    CHECK(int_index.find(-1) == ValueIndex::kMissing);
    CHECK(text_index.find("x", hash_bytes("x")) == ValueIndex::kMissing);
  }
}

}  // namespace
}  // namespace headrace
