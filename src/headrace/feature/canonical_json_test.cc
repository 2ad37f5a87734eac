// One text for one value, and what a reader refuses.
#include "headrace/feature/canonical_json.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include <doctest/doctest.h>

#include "headrace/base/error.h"

namespace headrace {
namespace {

std::string line(const Json& json) {
  std::string text = canonical_json(json);
  text.pop_back();
  return text;
}

TEST_CASE("doubles are the shortest text that reads back to the same bits, and stay doubles") {
  CHECK(line(0.1) == "0.1");
  CHECK(line(1.0) == "1.0");
  CHECK(line(-0.0) == "-0.0");
  CHECK(line(1e300) == "1e+300");
  std::mt19937_64 random(5);
  for (int i = 0; i < 20000; ++i) {
    auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    Json read = parse_json(line(value), "x");
    REQUIRE(read.is_number_float());
    CHECK(std::bit_cast<std::uint64_t>(read.get<double>()) == std::bit_cast<std::uint64_t>(value));
  }
}

TEST_CASE("what JSON has no number for is a string") {
  CHECK(line(json_number(INFINITY)) == "\"inf\"");
  CHECK(line(json_number(-INFINITY)) == "\"-inf\"");
  CHECK(line(json_number(std::nan(""))) == "\"nan\"");
}

TEST_CASE("integers of 64 bits stay exact") {
  for (std::int64_t value : {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    CHECK(parse_json(line(value), "x").get<std::int64_t>() == value);
  }
  CHECK_FALSE(is_int64(parse_json("9223372036854775808", "x")));
  CHECK_FALSE(is_int64(parse_json("1.0", "x")));
  CHECK(is_int64(parse_json("-9223372036854775808", "x")));
}

TEST_CASE("text keeps every character and escapes only what it must") {
  std::string text = "ü \"\\/\n\r\t\x01 end";
  text += '\0';
  CHECK(line(Json(text)) == "\"ü \\\"\\\\/\\n\\r\\t\\u0001 end\\u0000\"");
  CHECK(parse_json(line(Json(text)), "x") == text);
}

TEST_CASE("keys keep their order; lists of plain values stand on one line, others on several") {
  Json json;
  json["b"] = {1, 2};
  json["a"] = Json::array({Json::object({{"x", nullptr}}), Json::object()});
  json["none"] = Json::array();
  CHECK(canonical_json(json) ==
        "{\n  \"b\": [1, 2],\n  \"a\": [\n    {\n      \"x\": null\n    },\n    {}\n  ],\n  \"none\": []\n}\n");
  CHECK(parse_json(canonical_json(json), "x") == json);
}

TEST_CASE("JSON that nobody vouches for is refused with path and cause") {
  CHECK_THROWS_WITH_AS(parse_json("{\"a\": 1, \"a\": 2}", "s.json"),
                       doctest::Contains("s.json: the key 'a' stands twice"), Error);
  CHECK_THROWS_WITH_AS(parse_json(std::string(100000, '['), "s.json"), doctest::Contains("nested deeper than 16"),
                       Error);
  CHECK_THROWS_WITH_AS(parse_json("{\"a\": ", "s.json"), doctest::Contains("s.json: not valid JSON"), Error);
  CHECK_THROWS_WITH_AS(parse_json("\"\xff\"", "s.json"), doctest::Contains("not valid JSON"), Error);
  CHECK_THROWS_WITH_AS(parse_json("1e999", "s.json"), doctest::Contains("not valid JSON"), Error);
  CHECK_THROWS_AS(parse_json("", "s.json"), Error);
  CHECK_THROWS_AS(parse_json("{} {}", "s.json"), Error);
  CHECK_NOTHROW(parse_json("[{\"a\": 1}, {\"a\": 2}]", "s.json"));
}

TEST_CASE("a digest is the 128 bits of XXH3 as hex") {
  CHECK(text_digest("") == "xxh3:99aa06d3014798d86001c324468d497f");  // the value of the specification
  CHECK(text_digest("a") != text_digest("b"));
}

TEST_CASE("a state of another form is refused with transform and key") {
  auto read = [](const char* text) {
    StateReader(parse_json(text, "x"), "fill", {"count", "value"}).integer("count", 1);
  };
  CHECK_NOTHROW(read("{\"count\": 1, \"value\": 2}"));
  CHECK_THROWS_WITH_AS(read("[]"), doctest::Contains("state of transform 'fill' is malformed: it is no object"), Error);
  CHECK_THROWS_WITH_AS(read("{\"count\": 1}"), doctest::Contains("'value' is missing"), Error);
  CHECK_THROWS_WITH_AS(read("{\"value\": 1, \"count\": 1}"), doctest::Contains("not at its place"), Error);
  CHECK_THROWS_WITH_AS(read("{\"count\": 1, \"value\": 2, \"x\": 3}"), doctest::Contains("'x' is not known"), Error);
  CHECK_THROWS_WITH_AS(read("{\"count\": 1.5, \"value\": 2}"), doctest::Contains("'count' is not a 64-bit integer"),
                       Error);
  CHECK_THROWS_WITH_AS(read("{\"count\": 0, \"value\": 2}"), doctest::Contains("'count' is 0, less than 1"), Error);
}

}  // namespace
}  // namespace headrace
