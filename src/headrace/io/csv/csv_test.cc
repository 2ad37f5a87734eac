// The dialect, the types and every kind of bad row, from whole files to cells.
#include <doctest/doctest.h>

#include "headrace/io/csv/csv_test_table.h"
#include "headrace/io/format.h"

namespace headrace {
namespace {

using Lines = std::vector<std::string>;
using Rows = std::vector<Cells>;
const std::optional<std::string> kNull;

std::vector<Field> ints(const std::vector<std::string>& names) {
  std::vector<Field> fields;
  for (const std::string& name : names) fields.push_back({.name = name, .type = TypeKind::kInt32});
  return fields;
}

std::vector<Field> text(const std::vector<std::string>& names) {
  std::vector<Field> fields;
  for (const std::string& name : names) fields.push_back({.name = name, .type = TypeKind::kString});
  return fields;
}

}  // namespace

TEST_CASE("every type reads its common and its rare forms") {
  struct Form {
    const char* type;
    const char* written;
    const char* read;  // nullptr: bad
  };
  const Form forms[] = {
      {"int8", "-128", "-128"},
      {"int8", "128", nullptr},
      {"int16", "32767", "32767"},
      {"int16", "-32769", nullptr},
      {"int32", "2147483647", "2147483647"},
      {"int32", "2147483648", nullptr},
      {"int32", " +7 ", "7"},
      {"int32", "3.0", nullptr},
      {"int32", "-", nullptr},
      {"int64", "-9223372036854775808", "-9223372036854775808"},
      {"int64", "9223372036854775808", nullptr},
      {"int64", "00000000000000000012", "12"},
      {"int64", "1234567890123456", "1234567890123456"},
      {"float64", "0.1", "0.1"},
      {"float64", "-12.5", "-12.5"},
      {"float64", ".5", "0.5"},
      {"float64", "5.", "5.0"},
      {"float64", ".", nullptr},
      {"float64", "1.2.3", nullptr},
      {"float64", "-0", "-0.0"},
      {"float64", "1e3", "1000.0"},
      {"float64", "10.357019999999999", "10.357019999999999"},
      {"float64", "123456789012345678", "1.2345678901234568E17"},
      {"float64", "9007199254740993", "9.007199254740992E15"},
      {"float64", "inf", "Infinity"},
      {"float64", "NaN", "NaN"},
      {"float64", "0x10", nullptr},
      {"float32", "0.1", "0.1"},
      {"float32", "16777217", "1.6777216E7"},
      {"bool", "TRUE", "true"},
      {"bool", "false", "false"},
      {"bool", "0", "false"},
      {"bool", "maybe", nullptr},
      {"decimal(5, 2)", "123.45", "123.45"},
      {"decimal(5, 2)", "-0.005", "-0.01"},
      {"decimal(5, 2)", "1e2", "100.00"},
      {"decimal(5, 2)", "1000", nullptr},
      {"decimal(38, 0)", "99999999999999999999999999999999999999", "99999999999999999999999999999999999999"},
      {"date", "2013-02-28", "2013-02-28"},
      {"date", "2013-02-29", nullptr},
      {"date", "2012-02-29", "2012-02-29"},
      {"date", "0001-01-01", "0001-01-01"},
      {"date", "2013-13-01", nullptr},
      {"date", "yesterday!", nullptr},
      {"timestamp", "2013-01-01T10:00:00Z", "2013-01-01T10:00:00Z"},
      {"timestamp", "2013-01-01 10:00:00", "2013-01-01T10:00:00Z"},
      {"timestamp", "2013-01-01T10:00:00.123456+02:00", "2013-01-01T08:00:00.123456Z"},
      {"timestamp", "2013-01-01T24:00:00Z", nullptr},
      {"timestamp", "2013-01-01T10:00:0aZ", nullptr},
      {"timestamp", "1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"},
      {"timestamp_ntz", "2013-01-01T10:00:00", "2013-01-01T10:00:00"},
      {"timestamp_ntz", "2013-01-01T10:00:00Z", nullptr},
      {"string", " a b ", " a b "},
      {"string", "5\" pipe", "5\" pipe"},
      {"string", "h\xC3\xA9", "h\xC3\xA9"},
      {"string", "h\xE9", nullptr},
      {"binary", "h\xE9", "68e9"},
  };
  for (const Form& form : forms) {
    CAPTURE(std::string(form.type));
    CAPTURE(std::string(form.written));
    // Between other columns, alone at the end of the file, and quoted.
    std::string written = form.written;
    std::string quoted = written.find('"') == std::string::npos ? "\"" + written + "\"" : "x";
    CsvTest test("a,b,c\nx," + written + ",y\nx," + quoted + ",y\n", {{.name = "b", .type = *Type::parse(form.type)}});
    CsvTest last("a,b\nx," + written, {{.name = "b", .type = *Type::parse(form.type)}});
    CsvResult result = test.read();
    CsvResult last_result = last.read();
    if (form.read == nullptr) {
      CHECK(result.bad_rows.size() == 2);
      CHECK(last_result.bad_rows.size() == 1);
      CHECK(result.bad_rows[0].column == "b");
      CHECK(result.bad_rows[0].text == "x," + written + ",y");
    } else {
      REQUIRE(result.rows.size() == 2);
      CHECK(result.rows[0][0] == form.read);
      if (quoted != "x") CHECK(result.rows[1][0] == form.read);
      REQUIRE(last_result.rows.size() == 1);
      CHECK(last_result.rows[0][0] == form.read);
    }
  }
}

TEST_CASE("quotes hold delimiters, line ends and quotes") {
  CsvTest test("a,b\n\"x,y\",\"line 1\nline 2\"\n\"say \"\"hi\"\"\",\"\"\"\"\n\"\",z\r\n\"a\",\"b\"\r\n",
               text({"a", "b"}));
  CsvResult result = test.read();
  CHECK(result.rows == Rows{{"x,y", "line 1\nline 2"}, {"say \"hi\"", "\""}, {"", "z"}, {"a", "b"}});
  CHECK(result.bad_rows.empty());
}

TEST_CASE("text in quotes is checked to be UTF-8, however far it reaches") {
  std::string lead(200, 'x');
  CsvTest test("a\n\"" + lead + "\xE9\"\n\"" + lead + "\xC3\xA9\"\n", text({"a"}));
  CHECK(test.read().rows == Rows{{lead + "\xC3\xA9"}});
  CHECK(test.read(Lines{}).bad() == Lines{"2 invalid_encoding a"});
}

TEST_CASE("nothing is null and a quoted nothing is empty; in other types quotes do not matter") {
  CsvTest test("s,i\n,\n\"\",\"\"\nNA,NA\n\"NA\",\"NA\"\n", {{.name = "s", .type = TypeKind::kString}, ints({"i"})[0]});
  test.spec.csv.null_values = {"", "NA"};
  CHECK(test.read().rows == Rows{{kNull, kNull}, {"", kNull}, {kNull, kNull}, {"NA", kNull}});
}

TEST_CASE("a null value may be a value of the type") {
  CsvTest test("i\n-1\n0\n-1\n\"-1\"\n", ints({"i"}));
  test.spec.csv.null_values = {"-1"};
  CHECK(test.read().rows == Rows{{kNull}, {"0"}, {kNull}, {kNull}});
  CsvTest longer("s\nnot available\nnot avail\n", text({"s"}));
  longer.spec.csv.null_values = {"not available"};
  CHECK(longer.read().rows == Rows{{kNull}, {"not avail"}});
}

TEST_CASE("each kind of bad row has its line, place, text and message") {
  CsvTest test(
      "i,s,f\r\n"                 // line 1, byte 0
      "1,a,1.5\r\n"               // line 2, byte 7
      "x,b,2\r\n"                 // line 3, byte 16: cast
      "\r\n"                      // line 4: blank, no row
      "1,b\r\n"                   // line 5, byte 25: missing_columns
      "1,b,2,4,5\r\n"             // line 6, byte 30: too_many_columns
      "1,\"b\"c,3\r\n"            // line 7, byte 41: unquoted_value
      "1,\"two\r\nlines\",3\r\n"  // lines 8 and 9, byte 51
      "2,h\xE9,3\r\n"             // line 10, byte 69: invalid_encoding
      ",d,3\r\n"                  // line 11, byte 77: null
      "3,d,1000.5\r\n"            // line 12, byte 83: range
      "3,e,5",                    // line 13, byte 95: allowed
      {{.name = "i", .type = TypeKind::kInt32, .nullable = false},
       {.name = "s", .type = TypeKind::kString},
       {.name = "f", .type = TypeKind::kFloat64}});
  test.spec.rules = {
      {.column = "f", .nullable = true, .min = {}, .max = Value::int64(200), .allowed = {}},
      {.column = "s",
       .nullable = true,
       .min = {},
       .max = {},
       .allowed = {Value::string("a"), Value::string("b"), Value::string("d"), Value::string("two\r\nlines")}}};
  struct Expected {
    std::int64_t line, offset;
    const char *column, *kind, *message, *text;
  };
  const Expected expected[] = {
      {3, 16, "i", "cast", "'x' is no int32", "x,b,2"},
      {5, 25, "", "missing_columns", "the row has 2 values, the file has 3 columns", "1,b"},
      {6, 30, "", "too_many_columns", "the row has 5 values, the file has 3 columns", "1,b,2,4,5"},
      {7, 41, "", "unquoted_value", "a quoted value is not closed, or goes on behind its closing quote", "1,\"b\"c,3"},
      {10, 69, "s", "invalid_encoding", "'h\\xE9' is not UTF-8: byte 2 is 0xE9", "2,h\xE9,3"},
      {11, 77, "i", "null", "null in a column that is not nullable", ",d,3"},
      {12, 83, "f", "range", "1000.5 is greater than the maximum 200", "3,d,1000.5"},
      {13, 95, "s", "allowed", "'e' is none of the allowed values 'a', 'b', 'd', 'two\\r\\nlines'", "3,e,5"},
  };
  for (const std::vector<std::string>& columns : {Lines{"i", "s", "f"}, Lines{"s"}, Lines{}}) {
    for (std::int64_t split_bytes : {1, 5, 30, 1000}) {
      test.context.split_bytes = split_bytes;
      CsvResult result = test.read(columns);
      CHECK(result.rows.size() == 2);
      if (columns.size() == 3) CHECK(result.rows == Rows{{"1", "a", "1.5"}, {"1", "two\r\nlines", "3.0"}});
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

TEST_CASE("a row with several bad values is reported once, for the value furthest left in its file") {
  CsvTest test("c,b,a\n9,x,y\nz,1,y\n1,x,1\n", ints({"a", "b", "c"}));
  test.spec.rules = {{.column = "c", .nullable = true, .min = {}, .max = Value::int64(5), .allowed = {}}};
  CHECK(test.read().bad() == Lines{"2 range c", "3 cast c", "4 cast b"});
}

TEST_CASE("a stray quote costs one row") {
  CsvTest test("a,b\n1,\"x\n2,y\n3,\"z\"\n4,w\n", text({"a", "b"}));
  CsvResult result = test.read();
  CHECK(result.bad() == Lines{"2 unquoted_value"});
  CHECK(result.bad_rows[0].text == "1,\"x");
  CHECK(result.rows == Rows{{"2", "y"}, {"3", "z"}, {"4", "w"}});
  CsvTest at_end("a,b\n\"1\n1\",\"x\n2,y\n", text({"a", "b"}));
  CHECK(at_end.read().bad() == Lines{"2 unquoted_value"});
  CHECK(at_end.read().bad_rows[0].text == "\"1\n1\",\"x");
  CHECK(at_end.read().rows == Rows{{"2", "y"}});
}

TEST_CASE("under fail the first bad row of the split ends reading, and says how to go on") {
  std::string many = "i,j\n";
  for (int i = 0; i < 3000; ++i) many += "1,2\n";
  CsvTest test(many + "1,7\n1,NA\n1,2,3\n", ints({"i", "j"}));
  test.spec.on_error = OnError::kFail;
  test.spec.rules = {{.column = "j", .nullable = true, .min = {}, .max = Value::int64(5), .allowed = {}}};
  std::string path = test.spec.paths[0];
  CHECK(test.failure() ==
        "bad row in '" + path +
            "', line 3002, column 'j': 7 is greater than the maximum 5; the row is '1,7'\n"
            "  hint: correct the row, or set 'on_error: quarantine' (or drop, or null) to go on without bad rows");
  test.spec.rules.clear();
  CHECK(test.failure() == "bad row in '" + path +
                              "', line 3003, column 'j': 'NA' is no int32; the row is '1,NA'\n"
                              "  hint: if 'NA' stands for null, add it to null_values; or correct the row, or set "
                              "'on_error: quarantine' (or drop, or null) to go on without bad rows");
  test.spec.csv.null_values = {"NA"};
  CHECK(test.failure().find("line 3004: the row has 3 values, the file has 2 columns; the row is '1,2,3'") !=
        std::string::npos);
}

TEST_CASE("under drop bad rows are counted and gone") {
  CsvTest test("i\n1\nx\n2\n1,2\n", ints({"i"}));
  test.spec.on_error = OnError::kDrop;
  CsvResult result = test.read();
  CHECK(result.rows == Rows{{"1"}, {"2"}});
  CHECK(result.counts.rows_dropped == 2);
  CHECK(result.bad_rows.empty());
}

TEST_CASE("under null bad values become null, and rows that cannot be mended are dropped") {
  CsvTest test("i,s,n\n1,abc,1\nx,abc,1\n9,abc,1\n1,bad,1\n1,abc,x\n1,abc,9\n1,abc,\n1,2\n2,\xFF,2\n",
               {{.name = "i", .type = TypeKind::kInt32},
                {.name = "s", .type = TypeKind::kString},
                {.name = "n", .type = TypeKind::kInt32, .nullable = false}});
  auto max = [](const char* column) {
    return ColumnRule{.column = column, .nullable = true, .min = {}, .max = Value::int64(5), .allowed = {}};
  };
  test.spec.rules = {
      max("i"), max("n"), {.column = "s", .nullable = true, .min = {}, .max = {}, .allowed = {Value::string("abc")}}};
  test.spec.on_error = OnError::kNull;
  CsvResult result = test.read();
  CHECK(result.rows ==
        Rows{{"1", "abc", "1"}, {kNull, "abc", "1"}, {kNull, "abc", "1"}, {"1", kNull, "1"}, {"2", kNull, "2"}});
  CHECK(result.counts.rows_dropped == 4);
  CHECK(result.counts.values_nulled == 4);
}

TEST_CASE("what lies under a null is empty, also where a rule made it null") {
  CsvTest test("s\nabc\nlonger\nabc\n", text({"s"}));
  test.spec.rules = {{.column = "s", .nullable = true, .min = {}, .max = {}, .allowed = {Value::string("abc")}}};
  test.spec.on_error = OnError::kNull;
  auto reader = test.open();
  auto stream = reader->open_split(0, {.columns = {"s"}, .bounds = {}});
  Batch batch;
  REQUIRE(stream->next(batch));
  CHECK(batch.column(0).offsets()[2] - batch.column(0).offsets()[1] == 0);
  CHECK(batch.column(0).string_at(2) == "abc");
}

TEST_CASE("columns are matched by name in each file, and those not declared are ignored") {
  CsvTest test("a,junk,b\n1,\xFF,2\n", ints({"b", "a"}));
  test.spec.paths.push_back(test.folder.write("u.csv", "b,a\n20,10\n"));
  CHECK(test.open()->schema().names() == Lines{"b", "a"});
  CHECK(test.read().rows == Rows{{"2", "1"}, {"20", "10"}});
  CHECK(test.read(Lines{"a"}).rows == Rows{{"1"}, {"10"}});
  CHECK_THROWS_WITH_AS(test.read(Lines{"junk"}), doctest::Contains("unknown column 'junk'"), Error);
}

TEST_CASE("without a header declared columns are taken by position") {
  CsvTest test("1,2\n3\n4,5,6\n7,8\n", ints({"x", "y"}));
  test.spec.csv.header = false;
  CsvResult result = test.read();
  CHECK(result.rows == Rows{{"1", "2"}, {"7", "8"}});
  CHECK(result.bad() == Lines{"2 missing_columns", "3 too_many_columns"});
  test.spec.declared.clear();
  CHECK(test.open()->schema().to_string() == "column_1: int64, column_2: int64");
}

TEST_CASE("headers that cannot be used are refused") {
  auto refusal = [](std::string_view bytes, std::vector<Field> declared = {}) {
    return CsvTest(bytes, std::move(declared)).failure();
  };
  CHECK(refusal("a,b,a\n1,2,3\n").find("line 1: columns 1 and 3 are both named 'a'") != std::string::npos);
  CHECK(refusal("").find("is empty: it has no header") != std::string::npos);
  CHECK(refusal("\n\n").find("is empty: it has no header") != std::string::npos);
  CHECK(refusal("\xFF\xFE"
                "a\0",
                {})
            .find("UTF-16") != std::string::npos);
  CHECK(refusal("a\xFF,b\n1,2\n").find("the name of column 1, 'a\\xFF', is not UTF-8") != std::string::npos);
  CHECK(refusal("a,\"b\n1,2\n").find("a quoted value of the first row is not closed") != std::string::npos);
  CHECK(refusal("dep_delay,arr\n1,2\n", ints({"dep_dely"}))
            .find("has no column 'dep_dely'\n  while opening source 'test'\n"
                  "  hint: did you mean 'dep_delay'?") != std::string::npos);
}

TEST_CASE("files without declared columns must agree") {
  CsvTest test("a,b\n1,2\n");
  test.spec.paths.push_back(test.folder.write("u.csv", "b,a,c\n20,10,5\n"));
  CHECK(test.failure().find("u.csv' has a column 'c', and '") != std::string::npos);
  test.folder.write("u.csv", "b\n20\n");
  CHECK(test.failure().find("u.csv' has no column 'a'") != std::string::npos);
  test.folder.write("u.csv", "b,a\n20,10\n");
  CHECK(test.read().rows == Rows{{"1", "2"}, {"10", "20"}});
}

TEST_CASE("types are inferred where nothing is declared") {
  CsvTest test(
      "\xEF\xBB\xBF"
      "i,f,b,d,t,s,zip,mixed,empty,big,q\n"
      "1,1,true,2013-01-01,2013-01-01T10:00:00Z,x,01234,1,NA,99999999999999999999,\"5\"\n"
      "NA,NA,NA,NA,NA,NA,NA,NA,NA,1,\"\"\n"
      "-5,2.5,FALSE,2012-02-29,2013-01-01 10:00:00.5,2013,12345,x,NA,2,\"6\"\n");
  test.spec.csv.null_values = {"NA", ""};
  CHECK(test.open()->schema().to_string() ==
        "i: int64, f: float64, b: bool, d: date, t: timestamp, s: string, zip: string, mixed: string, empty: string, "
        "big: string, q: int64");
  CHECK(test.read(Lines{"i", "f", "q"}).rows == Rows{{"1", "1.0", "5"}, {kNull, kNull, kNull}, {"-5", "2.5", "6"}});
}

TEST_CASE("a value that does not fit an inferred type says that the type was inferred") {
  std::string rows = "n\n";
  while (rows.size() < (1 << 20) + 100) rows += "12345678\n";
  CsvTest test(rows + "twelve\n");
  test.spec.on_error = OnError::kFail;
  CHECK(
      test.failure().find("hint: the type was inferred from the first MiB of the source: declare the column's type") !=
      std::string::npos);
}

TEST_CASE("blank lines are no rows, but in a file of one column they are empty values") {
  CHECK(CsvTest("a,b\n\n1,2\n\r\n\n", ints({"a", "b"})).read().counts.rows_read == 1);
  CHECK(CsvTest("a\n1\n\n2\n\r\n", ints({"a"})).read().rows == Rows{{"1"}, {kNull}, {"2"}, {kNull}});
}

TEST_CASE("other delimiters and quotes, and no quotes at all") {
  CsvTest test("a|b\n'x|y'|2\n\"x|3\n", text({"a", "b"}));
  test.spec.csv.delimiter = '|';
  test.spec.csv.quote = '\'';
  CHECK(test.read().rows == Rows{{"x|y", "2"}, {"\"x", "3"}});
  test.spec.csv.quote = '\0';
  CHECK(test.read().bad() == Lines{"2 too_many_columns"});
  test.spec.csv.delimiter = '\n';
  CHECK(test.failure().find("line end") != std::string::npos);
  test.spec.csv.delimiter = test.spec.csv.quote = '"';
  CHECK(test.failure().find("use different characters") != std::string::npos);
  CsvTest tabs("x", text({"a", "b"}));
  tabs.spec.paths = {tabs.folder.write("t.tsv", "a\tb\n1,5\t2\n")};
  CHECK(tabs.read().rows == Rows{{"1,5", "2"}});
}

TEST_CASE("types that CSV cannot hold are refused by name") {
  CsvTest test("a\n1\n", {{.name = "a", .type = Type::list(TypeKind::kInt8)}});
  CHECK(test.failure().find("column 'a' is declared as list<int8>, which a CSV file cannot hold") != std::string::npos);
}

TEST_CASE("the format of a source is shown by its files or given") {
  CHECK(format_of_path("x/Y.CSV") == &format_named("csv"));
  CHECK(format_of_path("x/csv") == nullptr);
  CHECK_THROWS_WITH_AS(format_named("cvs"), doctest::Contains("did you mean 'csv'?"), Error);
  CsvTest test("a\n1\n");
  test.spec.paths = {test.folder.write("noext", "a\n1\n")};
  CHECK(test.failure().find("does not show its format") != std::string::npos);
  test.spec.format = "csv";
  CHECK(test.read().rows == Rows{{"1"}});
}

}  // namespace headrace
