// Types, nulls and every kind of bad row of JSON lines, from whole files to cells.
#include <doctest/doctest.h>

#include "headrace/io/format.h"
#include "headrace/io/text/text_test_table.h"

namespace headrace {
namespace {

using Lines = std::vector<std::string>;
using Rows = std::vector<Cells>;
const std::optional<std::string> kNull;

struct NdjsonTest : TextTest {
  explicit NdjsonTest(std::string_view text, std::vector<Field> declared = {})
      : TextTest("t.ndjson", text, std::move(declared)) {}
};

Field field(const char* name, const char* type) { return {.name = name, .type = *Type::parse(type)}; }

/// The line as the one bad row of a file: "kind [column]: message".
std::string fault_of(const std::string& line, std::vector<Field> declared) {
  NdjsonTest test(line + "\n", std::move(declared));
  TextResult result = test.read();
  REQUIRE(result.bad_rows.size() == 1);
  const BadRow& row = result.bad_rows[0];
  CHECK(row.text == line);
  return row.kind + (row.column.empty() ? "" : " " + row.column) + ": " + row.message;
}

}  // namespace

TEST_CASE("every type reads its values and refuses others") {
  struct Form {
    const char* type;
    const char* written;
    const char* read;  // nullptr: bad, with the message
    const char* message = "";
  };
  const Form forms[] = {
      {"bool", "true", "true"},
      {"bool", "false", "false"},
      {"bool", "1", nullptr, "'1' is no bool"},
      {"bool", "\"true\"", nullptr, "'\"true\"' is no bool"},
      {"int8", "-128", "-128"},
      {"int8", "128", nullptr, "'128' is out of the range of int8, -128 to 127"},
      {"int16", "32767", "32767"},
      {"int32", "2147483648", nullptr, "'2147483648' is out of the range of int32, -2147483648 to 2147483647"},
      {"int32", "-0", "0"},
      {"int32", "7.0", nullptr, "'7.0' is no int32"},
      {"int32", "1e3", nullptr, "'1e3' is no int32"},
      {"int32", "\"5\"", nullptr, "'\"5\"' is no int32"},
      {"int32", "true", nullptr, "'true' is no int32"},
      {"int32", "[1]", nullptr, "a list is no int32"},
      {"int32", "{\"b\": 1}", nullptr, "an object is no int32"},
      {"int64", "-9223372036854775808", "-9223372036854775808"},
      {"int64", "9223372036854775807", "9223372036854775807"},
      {"int64", "9223372036854775808", nullptr,
       "'9223372036854775808' is out of the range of int64, -9223372036854775808 to 9223372036854775807"},
      {"int64", "1234567890123456", "1234567890123456"},
      {"int64", "123456789012345678", "123456789012345678"},
      {"float64", "0.1", "0.1"},
      {"float64", "-12.5", "-12.5"},
      {"float64", "-0", "-0.0"},
      {"float64", "3", "3.0"},
      {"float64", "1e3", "1000.0"},
      {"float64", "1.5E-2", "0.015"},
      {"float64", "10.357019999999999", "10.357019999999999"},
      {"float64", "123456789012345678", "1.2345678901234568E17"},
      {"float64", "1e400", "Infinity"},
      {"float64", "\"1\"", nullptr, "'\"1\"' is no float64"},
      {"float32", "0.1", "0.1"},
      {"float32", "16777217", "1.6777216E7"},
      {"decimal(5, 2)", "123.45", "123.45"},
      {"decimal(5, 2)", "-0.005", "-0.01"},
      {"decimal(5, 2)", "1e2", "100.00"},
      {"decimal(5, 2)", "1000", nullptr, "'1000' has too many digits for decimal(5, 2)"},
      {"decimal(5, 2)", "\"1\"", nullptr, "'\"1\"' is no decimal(5, 2)"},
      {"decimal(38, 0)", "99999999999999999999999999999999999999", "99999999999999999999999999999999999999"},
      {"string", "\"\"", ""},
      {"string", "\" a b \"", " a b "},
      {"string", "\"h\xC3\xA9\"", "h\xC3\xA9"},
      {"string", R"("\"\\\/\b\f\n\r\t")", "\"\\/\b\f\n\r\t"},
      {"string", R"("\u0041\u00e9\u20AC\ud83d\ude00!")", "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80!"},
      {"string", R"("a text of more than sixteen bytes, \"quoted\" late")",
       "a text of more than sixteen bytes, \"quoted\" late"},
      {"string", "\"null\"", "null"},
      {"string", "5", nullptr, "'5' is no string"},
      {"string", "{}", nullptr, "an object is no string"},
      {"date", "\"2012-02-29\"", "2012-02-29"},
      {"date", R"("2012\u002d02-29")", "2012-02-29"},
      {"date", "\"2013-02-29\"", nullptr, "'2013-02-29' is no date"},
      {"date", "\"\"", nullptr, "'' is no date"},
      {"date", "20130101", nullptr, "'20130101' is no date"},
      {"timestamp", "\"2013-01-01T10:00:00Z\"", "2013-01-01T10:00:00Z"},
      {"timestamp", "\"2013-01-01 10:00:00\"", "2013-01-01T10:00:00Z"},
      {"timestamp", "\"2013-01-01T10:00:00.123456Z\"", "2013-01-01T10:00:00.123456Z"},
      {"timestamp", "\"2013-01-01T10:00:00.5+02:00\"", "2013-01-01T08:00:00.5Z"},
      {"timestamp", "\"2013-01-01T24:00:00Z\"", nullptr, "'2013-01-01T24:00:00Z' is no timestamp"},
      {"timestamp", "1357034400", nullptr, "'1357034400' is no timestamp"},
      {"timestamp_ntz", "\"2013-01-01T10:00:00.25\"", "2013-01-01T10:00:00.25"},
      {"timestamp_ntz", "\"2013-01-01T10:00:00Z\"", nullptr,
       "'2013-01-01T10:00:00Z' has a time zone, and timestamp_ntz has none"},
      {"list<int64>", "[]", "[]"},
      {"list<int64>", "[1, null, 3]", "[1, null, 3]"},
      {"list<int64>", "[1, \"2\"]", nullptr, "[1]: '\"2\"' is no int64"},
      {"list<int64>", "1", nullptr, "'1' is no list<int64>"},
      {"list<list<string>>", R"([["a"], [], null, ["b", "c"]])", "[[a], [], null, [b, c]]"},
      {"list<list<int8>>", "[[1], [2, 3, 300, 400]]", nullptr,
       "[1][2]: '300' is out of the range of int8, -128 to 127"},
      {"fixed_size_list<float32, 2>", "[1.5, 2]", "[1.5, 2.0]"},
      {"fixed_size_list<float32, 2>", "[1.5]", nullptr, "a list of 1 value is no fixed_size_list<float32, 2>"},
      {"struct<x: int64, y: list<string>>", R"({"y": ["a"], "z": [{}], "x": 1})", "{x: 1, y: [a]}"},
      {"struct<x: int64, y: list<string>>", "{}", "{x: null, y: null}"},
      {"struct<x: int64, y: list<string>>", R"({"x": 1, "y": ["a", 2]})", nullptr, ".y[1]: '2' is no string"},
      {"list<struct<x: int8>>", R"([{"x": 1}, {"x": true}])", nullptr, "[1].x: 'true' is no int8"},
  };
  for (const Form& form : forms) {
    CAPTURE(std::string(form.type));
    CAPTURE(std::string(form.written));
    std::string written = form.written;
    std::string text = "{\"a\":" + written + "}\n{ \"a\" : " + written + " , \"b\":[1 , {}] }\r\n{\"a\":null}\n{}";
    NdjsonTest test(text, {field("a", form.type)});
    TextResult result = test.read();
    if (form.read == nullptr) {
      REQUIRE(result.bad_rows.size() == 2);
      for (const BadRow& row : result.bad_rows) {
        CHECK(row.kind == "cast");
        CHECK(row.column == "a");
        CHECK(row.message == form.message);
      }
      CHECK(result.rows == Rows{{kNull}, {kNull}});
      test.spec.on_error = OnError::kNull;
      CHECK(test.read().rows == Rows{{kNull}, {kNull}, {kNull}, {kNull}});
      CHECK(test.read().counts.values_nulled == 2);
    } else {
      CHECK(result.bad() == Lines{});
      CHECK(result.rows == Rows{{form.read}, {form.read}, {kNull}, {kNull}});
    }
  }
}

TEST_CASE("a line that is not JSON is bad as a whole, whatever it holds before") {
  std::vector<Field> fields = {field("a", "int64"), field("b", "list<string>"), field("c", "struct<x: float64>")};
  const std::string no_object = "invalid_json: the line is no JSON object: ";
  struct Fault {
    const char* line;
    std::string message;
  };
  const Fault faults[] = {
      {"[1]", no_object + "it does not begin with '{', at byte 1"},
      {"  5", no_object + "it does not begin with '{', at byte 3"},
      {"{\"a\":1", no_object + "it ends too early, at byte 7"},
      {"{\"a\":1}}", no_object + "something follows the object, at byte 8"},
      {"{\"a\":1} {\"a\":2}", no_object + "something follows the object, at byte 9"},
      {"{\"a\":1,}", no_object + "a key is missing, at byte 8"},
      {"{\"a\" 1}", no_object + "a ':' is missing, at byte 6"},
      {"{\"a\":}", no_object + "a value is missing or is none, at byte 6"},
      {"{\"a\":01}", no_object + "a value is missing or is none, at byte 6"},
      {"{\"a\":+1}", no_object + "a value is missing or is none, at byte 6"},
      {"{\"a\":1.}", no_object + "a value is missing or is none, at byte 6"},
      {"{\"a\":NaN}", no_object + "a value is missing or is none, at byte 6"},
      {"{\"a\":nul}", no_object + "a value is missing or is none, at byte 6"},
      {"{\"a\":1 2}", no_object + "a ',' or '}' is missing, at byte 8"},
      {"{\"b\":[\"x\",]}", no_object + "a value is missing or is none, at byte 11"},
      {"{\"b\":[\"x\" \"y\"]}", no_object + "a ',' or ']' is missing, at byte 11"},
      {"{\"b\":[\"x\\y\"]}", no_object + "an escape in a text is none, at byte 7"},
      {R"({"b":["\ud800"]})", no_object + "an escape in a text is none, at byte 7"},
      {R"({"b":["\ud800\u0041"]})", no_object + "an escape in a text is none, at byte 7"},
      {R"({"b":["\udc00"]})", no_object + "an escape in a text is none, at byte 7"},
      {R"({"b":["\u00g0"]})", no_object + "an escape in a text is none, at byte 7"},
      {"{\"c\":{\"x\":1,\"x\":2}}", "duplicate_key: the key 'x' stands twice"},
      {R"({"a":1,"\u0061":2})", "duplicate_key: the key 'a' stands twice"},
      {"{\"c\":{\"x\":1.5.5}}", no_object + "a value is missing or is none, at byte 11"},
      {"{\"unknown\":[1,{\"y\":tru}]}", no_object + "a value is missing or is none, at byte 20"},
      {"{\"a\":\"x\",\"unknown\":01}", no_object + "a value is missing or is none, at byte 20"},
      {"{\"a\":\"x}",
       no_object.substr(0, no_object.size() - 2) + ": a text is not closed, or holds a control character"},
      {"{\"a\":\"\t\"}",
       no_object.substr(0, no_object.size() - 2) + ": a text is not closed, or holds a control character"},
      {"{\"h\xE9\":1}", "invalid_encoding: the line is not UTF-8: byte 4 is 0xE9"},
  };
  for (const Fault& fault : faults) {
    CAPTURE(std::string(fault.line));
    CHECK(fault_of(fault.line, fields) == fault.message);
    // Between good rows, whose columns must not keep anything of it.
    std::string good = R"({"a":1,"b":["p","q"],"c":{"x":1}})";
    NdjsonTest test(
        good + "\n" + R"({"a":5,"b":["zzz"],)" + (fault.line + 1) + "\n" + good + "\n" + fault.line + "\n" + good,
        fields);
    TextResult result = test.read();
    CHECK(result.bad_rows.size() == 2);
    Cells cells = {"1", "[p, q]", "{x: 1.0}"};
    CHECK(result.rows == Rows{cells, cells, cells});
    test.spec.on_error = OnError::kNull;
    CHECK(test.read().counts.rows_dropped == 2);
  }
}

TEST_CASE("each bad row has its line, place, text and message; rules are checked too") {
  NdjsonTest test(
      "{\"i\":1,\"s\":\"a\",\"f\":1.5}\r\n"   // line 1, byte 0
      "{\"i\":\"x\",\"s\":\"b\",\"f\":2}\n"   // line 2, byte 25: cast
      "  \r\n"                                // line 3: blank, no row
      "{\"i\":1,\n"                           // line 4, byte 53: invalid_json
      "\n"                                    // line 5
      "{\"i\":1,\"i\":2}\n"                   // line 6, byte 62: duplicate_key
      "{\"i\":2,\"s\":\"h\xE9\"}\n"           // line 7, byte 76: invalid_encoding
      "{\"s\":\"d\"}\n"                       // line 8, byte 93: null
      "{\"f\":1000.5,\"s\":\"d\",\"i\":3}\n"  // line 9, byte 103: range
      "{\"i\":3,\"s\":\"e\",\"f\":\"x\"}\n"   // line 10, byte 130: cast before allowed
      "{\"i\":3,\"s\":\"e\",\"f\":300}\n"     // line 11, byte 154: allowed, further left than range
      "{\"i\":4,\"s\":\"two\\nlines\"}",      // line 12
      {{.name = "i", .type = TypeKind::kInt32, .nullable = false}, field("s", "string"), field("f", "float64")});
  test.spec.rules = {{.column = "f", .nullable = true, .min = {}, .max = Value::int64(200), .allowed = {}},
                     {.column = "s",
                      .nullable = true,
                      .min = {},
                      .max = {},
                      .allowed = {Value::string("a"), Value::string("d"), Value::string("two\nlines")}}};
  struct Expected {
    std::int64_t line, offset;
    const char *column, *kind, *message, *text;
  };
  const Expected expected[] = {
      {2, 25, "i", "cast", "'\"x\"' is no int32", "{\"i\":\"x\",\"s\":\"b\",\"f\":2}"},
      {4, 53, "", "invalid_json", "the line is no JSON object: it ends too early, at byte 8", "{\"i\":1,"},
      {6, 62, "", "duplicate_key", "the key 'i' stands twice", "{\"i\":1,\"i\":2}"},
      {7, 76, "", "invalid_encoding", "the line is not UTF-8: byte 14 is 0xE9", "{\"i\":2,\"s\":\"h\xE9\"}"},
      {8, 93, "i", "null", "null in a column that is not nullable", "{\"s\":\"d\"}"},
      {9, 103, "f", "range", "1000.5 is greater than the maximum 200", "{\"f\":1000.5,\"s\":\"d\",\"i\":3}"},
      {10, 130, "f", "cast", "'\"x\"' is no float64", "{\"i\":3,\"s\":\"e\",\"f\":\"x\"}"},
      {11, 154, "s", "allowed", "'e' is none of the allowed values 'a', 'd', 'two\\nlines'",
       "{\"i\":3,\"s\":\"e\",\"f\":300}"},
  };
  for (const std::vector<std::string>& columns : {Lines{"i", "s", "f"}, Lines{"s"}, Lines{}}) {
    for (std::int64_t split_bytes : {1, 5, 30, 1000}) {
      test.context.split_bytes = split_bytes;
      TextResult result = test.read(columns);
      CHECK(result.rows.size() == 2);
      if (columns.size() == 3) CHECK(result.rows == Rows{{"1", "a", "1.5"}, {"4", "two\nlines", kNull}});
      CHECK(result.counts.rows_read == 10);
      REQUIRE(result.bad_rows.size() == std::size(expected));
      for (std::size_t i = 0; i < std::size(expected); ++i) {
        const BadRow& row = result.bad_rows[i];
        CHECK(row.file == test.spec.paths[0]);
        CHECK(row.line == expected[i].line);
        CHECK(row.byte_offset == expected[i].offset);
        CHECK(row.column == expected[i].column);
        CHECK(row.kind == expected[i].kind);
        CHECK(row.message == expected[i].message);
        CHECK(row.text == expected[i].text);
      }
    }
  }
}

TEST_CASE("a row with several bad values is reported once, for the first column of the schema") {
  NdjsonTest test("{\"b\":\"x\",\"a\":\"y\"}\n", {field("a", "int64"), field("b", "int64")});
  CHECK(test.read().bad() == Lines{"1 cast a"});
  test.spec.on_error = OnError::kNull;
  CHECK(test.read().rows == Rows{{kNull, kNull}});
  CHECK(test.read().counts.values_nulled == 2);
}

TEST_CASE("a bad value of a broken line is forgotten") {
  NdjsonTest test("{\"a\":[1.5, tru]}\n{\"a\":[1, \"x\"]}\n", {field("a", "list<int64>")});
  TextResult result = test.read();
  REQUIRE(result.bad() == Lines{"1 invalid_json", "2 cast a"});
  CHECK(result.bad_rows[1].message == "[1]: '\"x\"' is no int64");
}

TEST_CASE("under fail the first bad row of the split ends reading, and says how to go on") {
  std::string many;
  for (int i = 0; i < 3000; ++i) many += "{\"i\":1,\"j\":2}\n";
  NdjsonTest test(many + "{\"i\":1,\"j\":7}\n{\"i\":1.5}\n", {field("i", "int32"), field("j", "int32")});
  test.spec.on_error = OnError::kFail;
  test.spec.rules = {{.column = "j", .nullable = true, .min = {}, .max = Value::int64(5), .allowed = {}}};
  std::string path = test.spec.paths[0];
  CHECK(test.failure() ==
        "bad row in '" + path +
            "', line 3001, column 'j': 7 is greater than the maximum 5; the row is '{\"i\":1,\"j\":7}'\n"
            "  hint: correct the row, or set 'on_error: quarantine' (or drop, or null) to go on without bad rows");
  test.spec.rules.clear();
  CHECK(test.failure().find("line 3002, column 'i': '1.5' is no int32; the row is '{\"i\":1.5}'") != std::string::npos);
}

TEST_CASE("under null bad values become null, and rows that cannot be mended are dropped") {
  NdjsonTest test(
      "{\"i\":1,\"s\":\"abc\",\"n\":1}\n"
      "{\"i\":\"x\",\"s\":\"abc\",\"n\":1}\n"
      "{\"i\":9,\"s\":\"abc\",\"n\":1}\n"
      "{\"i\":1,\"s\":\"bad\",\"n\":1}\n"
      "{\"i\":1,\"s\":\"abc\",\"n\":\"x\"}\n"
      "{\"i\":1,\"s\":\"abc\",\"n\":9}\n"
      "{\"i\":\"x\",\"s\":\"abc\"}\n"
      "{\"i\":1\n"
      "{\"i\":2,\"n\":2}\n",
      {field("i", "int32"), field("s", "string"), {.name = "n", .type = TypeKind::kInt32, .nullable = false}});
  auto max = [](const char* column) {
    return ColumnRule{.column = column, .nullable = true, .min = {}, .max = Value::int64(5), .allowed = {}};
  };
  test.spec.rules = {
      max("i"), max("n"), {.column = "s", .nullable = true, .min = {}, .max = {}, .allowed = {Value::string("abc")}}};
  test.spec.on_error = OnError::kNull;
  TextResult result = test.read();
  CHECK(result.rows ==
        Rows{{"1", "abc", "1"}, {kNull, "abc", "1"}, {kNull, "abc", "1"}, {"1", kNull, "1"}, {"2", kNull, "2"}});
  CHECK(result.counts.rows_dropped == 4);
  CHECK(result.counts.values_nulled == 3);
}

TEST_CASE("keys may come in any order, be missing, escaped or unknown; a byte order mark is no part of them") {
  NdjsonTest test(
      "\xEF\xBB\xBF{\"a\":1,\"b\":2}\n{\"b\":20,\"a\":10}\n{\"junk\":{\"a\":[7]},\"a\":100}\n{\"\\u0062\":2000}\n{"
      "\"a\":3,\"b\":4}\n",
      {field("a", "int64"), field("b", "int64")});
  CHECK(test.read().rows == Rows{{"1", "2"}, {"10", "20"}, {"100", kNull}, {kNull, "2000"}, {"3", "4"}});
  CHECK(test.read(Lines{"b"}).rows == Rows{{"2"}, {"20"}, {kNull}, {"2000"}, {"4"}});
  CHECK(test.read(Lines{}).rows.size() == 5);
  CHECK_THROWS_WITH_AS(test.read(Lines{"junk"}), doctest::Contains("unknown column 'junk'"), Error);
  NdjsonTest wide("\xFF\xFE{", {field("a", "int64")});
  CHECK(wide.failure().find("UTF-16") != std::string::npos);
}

TEST_CASE("types are inferred where nothing is declared") {
  NdjsonTest test(
      "{\"i\":1,\"f\":1,\"b\":true,\"d\":\"2013-01-01\",\"t\":\"2013-01-01T10:00:00Z\",\"s\":\"2013\",\"n\":null}\n"
      "not json\n"
      "{\"l\":[],\"m\":[1,2.5],\"o\":{\"x\":\"a\",\"y\":[{\"z\":1}]},\"big\":9223372036854775808,\"f\":2.5}\n"
      "{\"t\":\"2013-01-01\",\"s\":\"\",\"o\":{\"w\":false},\"e\":[]}\n");
  CHECK(test.open()->schema().to_string() ==
        "i: int64, f: float64, b: bool, d: date, t: timestamp, s: string, n: string, l: list<string>, "
        "m: list<float64>, o: struct<x: string, y: list<struct<z: int64>>, w: bool>, big: float64, e: list<string>");
  CHECK(test.read(Lines{"i", "o"}).rows ==
        Rows{{"1", kNull}, {kNull, "{x: a, y: [{z: 1}], w: null}"}, {kNull, "{x: null, y: null, w: false}"}});
  CHECK(test.read().bad() == Lines{"2 invalid_json"});
}

TEST_CASE("what cannot be inferred says why") {
  auto refusal = [](std::string_view text) { return NdjsonTest(text).failure(); };
  CHECK(refusal("{\"a\":1}\n\n{\"a\":\"x\"}\n").find("the type of column 'a' cannot be inferred: in '") !=
        std::string::npos);
  CHECK(refusal("{\"a\":1}\n\n{\"a\":\"x\"}\n").find("it is a number in line 1 and a text in line 3") !=
        std::string::npos);
  CHECK(refusal("{\"a\":{\"b\":[1]}}\n{\"a\":{\"b\":[[]]}}").find("column 'a.b[]' cannot be inferred") !=
        std::string::npos);
  CHECK(refusal("{\"a\":{}}").find("its objects are empty") != std::string::npos);
  CHECK(refusal("{}").find("has no keys in its first MiB") != std::string::npos);
  CHECK(refusal("").find("has no keys in its first MiB") != std::string::npos);
}

TEST_CASE("a value that does not fit an inferred type says that the type was inferred") {
  std::string rows;
  while (rows.size() < (1 << 20) + 100) rows += "{\"n\":12345678}\n";
  NdjsonTest test(rows + "{\"n\":\"twelve\"}\n");
  test.spec.on_error = OnError::kFail;
  CHECK(
      test.failure().find("hint: the type was inferred from the first MiB of the source: declare the column's type") !=
      std::string::npos);
}

TEST_CASE("a first line longer than the sample is inferred from whole") {
  NdjsonTest test("{\"a\":\"" + std::string(3 << 20, 'x') + "\",\"b\":1}\n{\"c\":1}\n");
  CHECK(test.open()->schema().to_string() == "a: string, b: int64, c: int64");
}

TEST_CASE("types that JSON lines cannot hold are refused by name") {
  NdjsonTest test("{}\n", {field("a", "list<binary>")});
  CHECK(test.failure().find("column 'a' is declared as list<binary>, which JSON lines cannot hold") !=
        std::string::npos);
}

TEST_CASE("both extensions show the format") {
  CHECK(format_of_path("x/Y.NDJSON") == &format_named("ndjson"));
  CHECK(format_of_path("x/y.jsonl") == &format_named("ndjson"));
}

}  // namespace headrace
