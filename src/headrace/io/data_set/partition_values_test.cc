// Names of partitions, there and back.
#include "headrace/io/data_set/partition_values.h"

#include <doctest/doctest.h>

#include "headrace/base/error.h"

namespace headrace {

TEST_CASE("a folder's name tells the column and its value, whatever they are") {
  CHECK(partition_folder("day", "2013-01-01") == "day=2013-01-01");
  CHECK(partition_folder("a b", "x/y=..%2F:*[") == "a%20b=x%2Fy%3D..%252F%3A%2A%5B");
  CHECK(partition_folder("town", "Zürich") == "town=Zürich");
  CHECK(partition_folder("day", std::nullopt) == "day=__HIVE_DEFAULT_PARTITION__");
  std::vector<std::optional<std::string>> texts = {
      "", "2013-01-01", "..", ".", "x/y=..%2F:*[", "Zürich", "%", "%41", std::nullopt, "__HIVE_DEFAULT_PARTITION__"};
  for (const auto& text : texts) {
    std::string name = partition_folder("a/b", text);
    CHECK(name.find('/') == std::string::npos);
    std::optional<NamedPartition> parsed = parse_partition_folder(name);
    REQUIRE(parsed);
    CHECK(parsed->column == "a/b");
    CHECK(parsed->text == text);
  }
}

TEST_CASE("other folders are no partitions") {
  for (const char* name : {"", "train", "=1", "a=%4", "a=%zz", "a%=1"}) CHECK_FALSE(parse_partition_folder(name));
}

TEST_CASE("values that are too long for a name are refused") {
  CHECK_THROWS_WITH_AS(partition_folder("url", std::string(300, 'x')), doctest::Contains("too long"), Error);
  CHECK_THROWS_WITH_AS(partition_folder("url", "a\nb"), doctest::Contains("control characters"), Error);
}

TEST_CASE("texts are values of the column's type, or an error") {
  CHECK(partition_value("7", TypeKind::kInt8) == Value{TypeKind::kInt8, std::int64_t{7}});
  CHECK(partition_value("-9223372036854775808", TypeKind::kInt64) == Value::int64(INT64_MIN));
  CHECK(partition_value("1970-01-02", TypeKind::kDate) == Value{TypeKind::kDate, std::int64_t{1}});
  CHECK(partition_value("true", TypeKind::kBool) == Value::boolean(true));
  CHECK(partition_value("", TypeKind::kString) == Value::string(""));
  CHECK(partition_value(std::nullopt, TypeKind::kString).is_null());
  CHECK_THROWS_WITH_AS(partition_value("128", TypeKind::kInt8), "'128' is no int8", Error);
  for (const char* text : {"", "7 ", "7.0", "99999999999999999999"}) {
    CHECK_THROWS_AS(partition_value(text, TypeKind::kInt64), Error);
  }
  CHECK_THROWS_AS(partition_value("2013-02-30", TypeKind::kDate), Error);
  CHECK_THROWS_AS(partition_value("yes", TypeKind::kBool), Error);
}

}  // namespace headrace
