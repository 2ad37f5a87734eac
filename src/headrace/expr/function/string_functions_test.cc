// Every string function on a table of rows: nulls, empty texts, ASCII, text beyond ASCII, literals and columns.
#include <string>

#include "headrace/expr/function/check_rows.h"

namespace headrace {
namespace {

TEST_CASE("lower and upper map all of Unicode") {
  check_rows("lower(a)", {texts({"JFK", "", std::nullopt, "aZ09[@`{"})}, {"jfk", "", "null", "az09[@`{"});
  check_rows("upper(a)", {texts({"jfk", "", std::nullopt, "Az09[@`{"})}, {"JFK", "", "null", "AZ09[@`{"});
  check_rows("lower(a)", {texts({"ÄÖÜ JFK", "ΟΔΟΣ", std::nullopt, "İ", "ЖУК", "日本"})},
             {"äöü jfk", "οδος", "null", "i\u0307", "жук", "日本"});
  check_rows("upper(a)", {texts({"straße", "ﬁ", std::nullopt, "ᾳ", "жук", "日本", "\u0390"})},
             {"STRASSE", "FI", "null", "ΑΙ", "ЖУК", "日本", "\u0399\u0308\u0301"});
  check_fails("lower(a)", {int64s({1})}, "cast(x as string)");
  check_fails("lower(a, a)", {texts({"x"})}, "lower takes (text: string) -> string");
}

TEST_CASE("trim takes spaces away, or a set of characters") {
  check_rows("trim(a)", {texts({"  a b ", "", "   ", std::nullopt, "\t x", "ü "})},
             {"a b", "", "", "null", "\t x", "ü"});
  check_rows("ltrim(a)", {texts({"  a ", "b"})}, {"a ", "b"});
  check_rows("rtrim(a)", {texts({" a  ", "b"})}, {" a", "b"});
  check_rows("trim(a, 'xü')", {texts({"xüaüxbxx", "üü", std::nullopt, "é"})}, {"aüxb", "", "null", "é"});
  // 'ä' (C3 A4) and 'ö' (C3 B6) share their first byte.
  check_rows("trim(a, 'ä')", {texts({"äöä", "öä"})}, {"ö", "ö"});
  check_rows("ltrim(a, b)", {texts({"007", "aab", "x", std::nullopt}), texts({"0", "a", std::nullopt, "z"})},
             {"7", "b", "null", "null"});
  check_rows("rtrim('done..', a)", {texts({".", "e.", ""})}, {"done", "don", "done.."});
}

TEST_CASE("substr counts code points from 1, or from the end") {
  check_rows("substr(a, 2, 2)", {texts({"abcd", "a", "", std::nullopt})}, {"bc", "", "", "null"});
  check_rows(
      "substr(a, b)",
      {texts({"Zürich", "Zürich", "Zürich", "Zürich", "Zürich", "Zürich"}), int64s({2, 0, 7, -2, -100, std::nullopt})},
      {"ürich", "Zürich", "", "ch", "Zürich", "null"});
  check_rows("substr(a, b, c)",
             {texts({"日本語", "日本語", "日本語", "日本語", "日本語", "日本語"}), int64s({1, 2, -2, -5, -5, 3}),
              int64s({2, 9, 1, 3, 1, 0})},
             {"日本", "本語", "本", "日", "", ""});
  check_rows("substr('abc', a, b)", {int64s({2, -1, INT64_MIN, INT64_MAX}), int64s({INT64_MAX, -3, INT64_MAX, 1})},
             {"bc", "", "ab", ""});
  check_rows("substr('abc', a)", {int64s({INT64_MIN, INT64_MAX})}, {"abc", ""});
  check_fails("substr(a)", {texts({"x"})}, "substr takes (text: string, start: int64, length: int64 = rest)");
  check_fails("substr(a, 'x')", {texts({"x"})}, "argument 2 must be an integer");
}

TEST_CASE("left and right cut at either end") {
  check_rows("left(a, 2)", {texts({"abc", "日本語", "x", "", std::nullopt})}, {"ab", "日本", "x", "", "null"});
  check_rows("right(a, 2)", {texts({"abc", "日本語", "x", "", std::nullopt})}, {"bc", "本語", "x", "", "null"});
  check_rows("left('abc', a)", {int64s({0, -1, INT64_MAX, INT64_MIN, std::nullopt})}, {"", "", "abc", "", "null"});
  check_rows("right('abc', a)", {int64s({0, -1, INT64_MAX, INT64_MIN, 1})}, {"", "", "abc", "", "c"});
}

TEST_CASE("length counts code points of strings and bytes of binaries") {
  check_rows("length(a)", {texts({"abc", "", std::nullopt})}, {"3", "0", "null"});
  check_rows("length(a)", {texts({"Zürich", "日本", "🙂", std::nullopt, ""})}, {"6", "2", "1", "null", "0"});
  check_rows("length(a)", {texts({"ü", "", std::nullopt}, TypeKind::kBinary)}, {"2", "0", "null"});
}

TEST_CASE("concat is null when any part is, concat_ws leaves nulls out") {
  Column a = texts({"x", "", std::nullopt, "ä"});
  Column b = texts({"1", "2", "3", std::nullopt});
  check_rows("concat(a, '-', b)", {a, b}, {"x-1", "-2", "null", "null"});
  check_rows("concat(a)", {a}, {"x", "", "null", "ä"});
  check_rows("concat_ws('-', a, b)", {a, b}, {"x-1", "-2", "3", "ä"});
  check_rows("concat_ws(a, 'p', null, b)", {a, b}, {"px1", "p2", "null", "p"});
  check_rows("concat_ws(a)", {a}, {"", "", "null", ""});
  check_fails("concat(a, 1)", {a}, "cast(x as string)");
}

TEST_CASE("repeat and padding") {
  check_rows("repeat(a, 3)", {texts({"ab", "", "ü", std::nullopt})}, {"ababab", "", "üüü", "null"});
  check_rows("repeat('x', a)", {int64s({0, -1, 2, std::nullopt})}, {"", "", "xx", "null"});
  check_rows("repeat('', a)", {int64s({INT64_MAX})}, {""});
  check_fails("repeat(a, 3000000000)", {texts({"x"})}, "longer than 2 GiB");
  check_rows("lpad(a, 3, '0')", {texts({"7", "1234", "", std::nullopt})}, {"007", "123", "000", "null"});
  check_rows("lpad(a, 5, 'üx')", {texts({"ä", "日本語"})}, {"üxüxä", "üx日本語"});
  check_rows("rpad(a, b, c)",
             {texts({"a", "a", "abc", "a", "a"}), int64s({4, 3, 0, -2, 3}), texts({"xy", "", "z", "z", std::nullopt})},
             {"axyx", "a", "", "", "null"});
  check_rows("rpad('a', a)", {int64s({INT64_MIN})}, {""});
  check_rows("rpad(a, 2)", {texts({"ü", "日本語"})}, {"ü ", "日本"});
  check_fails("lpad(a, 9000000000)", {texts({"x"})}, "longer than 512 Mi");
}

TEST_CASE("contains, starts_with, ends_with and position search by code points") {
  Column a = texts({"headrace", "Zürich", "", std::nullopt});
  check_rows("contains(a, 'ra')", {a}, {"true", "false", "false", "null"});
  check_rows("contains(a, '')", {a}, {"true", "true", "true", "null"});
  check_rows("starts_with(a, 'Zü')", {a}, {"false", "true", "false", "null"});
  check_rows("ends_with(a, 'ch')", {a}, {"false", "true", "false", "null"});
  check_rows("contains('abc', a)", {texts({"b", "abcd", std::nullopt})}, {"true", "false", "null"});
  check_rows("position('r', a)", {a}, {"5", "3", "0", "null"});
  check_rows("position(b, a)", {a, texts({"", "ich", "", "x"})}, {"1", "4", "1", "null"});
}

TEST_CASE("replace works from left to right without overlap") {
  check_rows("replace(a, 'aa', 'b')", {texts({"aaaaa", "x", "", std::nullopt})}, {"bba", "x", "", "null"});
  check_rows("replace(a, 'ü')", {texts({"Zürich", "ü"})}, {"Zrich", ""});
  check_rows("replace(a, b, c)", {texts({"aXa", "aXa", "a"}), texts({"X", "", "a"}), texts({"üü", "q", std::nullopt})},
             {"aüüa", "aXa", "null"});
}

TEST_CASE("reverse keeps code points whole") {
  check_rows("reverse(a)", {texts({"abc", "Zürich", "日本", "", std::nullopt})}, {"cba", "hcirüZ", "本日", "", "null"});
}

TEST_CASE("split_part counts from both ends") {
  check_rows("split_part(a, '.', 2)", {texts({"a.b.c", "a", "", ".x", std::nullopt})}, {"b", "", "", "x", "null"});
  check_rows("split_part('a.b.c', '.', a)", {int64s({1, 3, 4, -1, -3, -4})}, {"a", "c", "", "c", "a", ""});
  check_rows("split_part(a, '', b)", {texts({"abc", "abc", "abc"}), int64s({1, -1, 2})}, {"abc", "abc", ""});
  check_rows("split_part('aaa', 'aa', a)", {int64s({1, 2, -1, -2})}, {"", "a", "a", ""});
  check_fails("split_part(a, '.', 0)", {texts({"a"})}, "there is no part number 0");
}

TEST_CASE("like matches whole texts") {
  Column a = texts({"headrace", "Zürich", "", std::nullopt, "100%"});
  check_rows("a like 'head%'", {a}, {"true", "false", "false", "null", "false"});
  check_rows("a like '%r_c%'", {a}, {"true", "true", "false", "null", "false"});
  check_rows("a like '_____h'", {a}, {"false", "true", "false", "null", "false"});
  check_rows("a like '%'", {a}, {"true", "true", "true", "null", "true"});
  check_rows("a like ''", {a}, {"false", "false", "true", "null", "false"});
  check_rows("a like '%\\%'", {a}, {"false", "false", "false", "null", "true"});
  check_rows("a not like '%r%'", {a}, {"false", "false", "true", "null", "true"});
  check_rows("a like b", {a, texts({"h%", "Z%", "_", "x", std::nullopt})}, {"true", "true", "false", "null", "null"});
  check_fails("a like 'x\\'", {a}, "must stand before %, _");
  check_fails("a like '\\x'", {a}, "must stand before %, _");
  check_fails("a like 1", {a}, "argument 2 must be a string");
  check_fails("a like b", {a, texts({"x", "\\", "x", "x", "x"})}, "must stand before %, _");
}

}  // namespace
}  // namespace headrace
