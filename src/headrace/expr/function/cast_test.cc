// Casts: every pair of types, and what does not fit.
#include "headrace/expr/function/cast.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "headrace/expr/check_expr.h"

namespace headrace {
namespace {

/// The text of cast(x as type), or "fails" after checking that try_cast is null then.
std::string cast_text(const std::string& literal, const std::string& type) {
  Value value = std::get<Literal>(parse_expr(literal)->kind).value;
  Batch batch{std::make_shared<const Schema>(std::vector<Field>{{"x", value.type}}),
              {constant_column(check_memory(), value, 1)},
              1};
  std::string result;
  std::string error = error_of([&] { result = cells("cast(x as " + type + ")", batch)[0]; });
  std::string tried = cells("try_cast(x as " + type + ")", batch)[0];
  if (error == "no error") {
    CHECK(tried == result);
    return result;
  }
  CHECK((error.find("fit") != std::string::npos || error.find("the text is no") == 0));
  CHECK(tried == "null");
  return "fails";
}

TEST_CASE("casts to integers cut and check") {
  CHECK(cast_text("2.9", "int8") == "2");
  CHECK(cast_text("-2.9", "int64") == "-2");
  CHECK(cast_text("127.9", "int8") == "127");
  CHECK(cast_text("128.0", "int8") == "fails");
  CHECK(cast_text("-128.9", "int8") == "-128");
  CHECK(cast_text("-129.0", "int8") == "fails");
  CHECK(cast_text("9.223372036854775e18", "int64") == "9223372036854774784");
  CHECK(cast_text("9.223372036854775807e18", "int64") == "fails");
  CHECK(cast_text("-9.223372036854775808e18", "int64") == "-9223372036854775808");
  CHECK(cast_text("float64 'NaN'", "int64") == "fails");
  CHECK(cast_text("float64 'Infinity'", "int32") == "fails");
  CHECK(cast_text("float32 '2147483520'", "int32") == "2147483520");
  CHECK(cast_text("float32 '2147483648'", "int32") == "fails");
  CHECK(cast_text("127", "int8") == "127");
  CHECK(cast_text("128", "int8") == "fails");
  CHECK(cast_text("-32769", "int16") == "fails");
  CHECK(cast_text("2147483648", "int32") == "fails");
  CHECK(cast_text("true", "int16") == "1");
  CHECK(cast_text("decimal(5, 2) '-1.99'", "int8") == "-1");
  CHECK(cast_text("decimal(38, 0) '9223372036854775808'", "int64") == "fails");
  CHECK(cast_text("' 12 '", "int8") == "12");
  CHECK(cast_text("'+12'", "int64") == "12");
  for (std::string text : {"'x'", "''", "'1.5'", "'1e3'", "'300'", "'9223372036854775808'", "'1 2'"}) {
    CAPTURE(text);
    CHECK(cast_text(text, "int8") == "fails");
  }
  CHECK(cast_text("timestamp '1969-12-31T23:59:59.5Z'", "int64") == "-1");
  CHECK(cast_text("timestamp '1970-01-01T00:03:00Z'", "int8") == "fails");
}

TEST_CASE("casts to floats") {
  CHECK(cast_text("9007199254740993", "float64") == "9.007199254740992E15");
  CHECK(cast_text("16777217", "float32") == "1.6777216E7");
  CHECK(cast_text("0.1", "float32") == "0.1");
  CHECK(cast_text("float32 '0.1'", "float64") == "0.10000000149011612");
  CHECK(cast_text("1e300", "float32") == "Infinity");
  CHECK(cast_text("'1e3'", "float64") == "1000.0");
  CHECK(cast_text("' nan '", "float64") == "NaN");
  CHECK(cast_text("'-Infinity'", "float32") == "-Infinity");
  CHECK(cast_text("'1,5'", "float64") == "fails");
  CHECK(cast_text("false", "float32") == "0.0");
  CHECK(cast_text("decimal(3, 1) '0.1'", "float64") == "0.1");
  CHECK(cast_text("decimal(3, 1) '0.1'", "float32") == "0.1");
  CHECK(cast_text("timestamp '1970-01-01T00:00:01.5Z'", "float64") == "1.5");
}

TEST_CASE("casts to decimals round half away from zero and check") {
  CHECK(cast_text("2.345", "decimal(3, 2)") == "2.35");
  CHECK(cast_text("-2.345", "decimal(3, 2)") == "-2.35");
  CHECK(cast_text("9.995", "decimal(3, 2)") == "fails");
  CHECK(cast_text("1e40", "decimal(38, 0)") == "fails");
  CHECK(cast_text("float64 'NaN'", "decimal(3, 2)") == "fails");
  CHECK(cast_text("12", "decimal(3, 1)") == "12.0");
  CHECK(cast_text("100", "decimal(3, 1)") == "fails");
  CHECK(cast_text("true", "decimal(1, 0)") == "1");
  CHECK(cast_text("'1e1'", "decimal(3, 1)") == "10.0");
  CHECK(cast_text("'abc'", "decimal(3, 1)") == "fails");
  CHECK(cast_text("decimal(5, 3) '1.005'", "decimal(3, 2)") == "1.01");
  CHECK(cast_text("decimal(5, 1) '1000.5'", "decimal(3, 0)") == "fails");
  CHECK(cast_text("decimal(3, 1) '1.5'", "decimal(38, 37)") == "1.5" + std::string(36, '0'));
}

TEST_CASE("casts to bool") {
  for (std::string yes :
       {"'t'", "'True'", "' y '", "'YES'", "'1'", "2", "0.5", "float64 'NaN'", "decimal(2, 1) '0.1'"}) {
    CAPTURE(yes);
    CHECK(cast_text(yes, "bool") == "true");
  }
  for (std::string no : {"'f'", "'FALSE'", "'n'", "'no'", "'0'", "0", "-0.0", "decimal(2, 1) '0'"}) {
    CAPTURE(no);
    CHECK(cast_text(no, "bool") == "false");
  }
  CHECK(cast_text("'maybe'", "bool") == "fails");
  CHECK(cast_text("''", "bool") == "fails");
}

TEST_CASE("casts to text") {
  CHECK(cast_text("true", "string") == "true");
  CHECK(cast_text("-9223372036854775808", "string") == "-9223372036854775808");
  CHECK(cast_text("1e10", "string") == "1.0E10");
  CHECK(cast_text("float32 '0.1'", "string") == "0.1");
  CHECK(cast_text("decimal(5, 2) '-1'", "string") == "-1.00");
  CHECK(cast_text("date '2013-01-31'", "string") == "2013-01-31");
  CHECK(cast_text("timestamp '2013-01-31T06:00:00.5+01:00'", "string") == "2013-01-31 05:00:00.5");
  CHECK(cast_text("timestamp_ntz '2013-01-31'", "string") == "2013-01-31 00:00:00");
  CHECK(cast_text("'größe'", "binary") == "6772c3b6c39f65");
  CHECK(cast_text("x'6772c3b6'", "string") == "grö");
}

TEST_CASE("binary that is no UTF-8 is no text") {
  for (std::string bytes : {"ff", "c3", "c0af", "eda080", "f4908080", "e28", "80", "f0808080", "61c3"}) {
    if (bytes.size() % 2 != 0) continue;
    CAPTURE(bytes);
    CHECK(cast_text("x'" + bytes + "'", "string") == "fails");
  }
  for (std::string bytes : {"", "00", "7f", "c280", "e0a080", "ed9fbf", "ee8080", "f0908080", "f48fbfbf"}) {
    CAPTURE(bytes);
    CHECK(cast_text("x'" + bytes + "'", "string") != "fails");
  }
}

TEST_CASE("casts between text, dates and timestamps") {
  CHECK(cast_text("'2013-1-31'", "date") == "2013-01-31");
  CHECK(cast_text("'2013-01-31 23:59'", "date") == "2013-01-31");
  CHECK(cast_text("'31.1.2013'", "date") == "fails");
  CHECK(cast_text("'2013-01-31'", "timestamp") == "2013-01-31T00:00:00Z");
  CHECK(cast_text("'2013-01-31T01:00+02'", "timestamp") == "2013-01-30T23:00:00Z");
  CHECK(cast_text("'2013-01-31T01:00Z'", "timestamp_ntz") == "fails");
  CHECK(cast_text("'2013-01-31T01:00'", "timestamp_ntz") == "2013-01-31T01:00:00");
  CHECK(cast_text("date '2013-01-31'", "timestamp") == "2013-01-31T00:00:00Z");
  CHECK(cast_text("date '999999-01-01'", "timestamp") == "fails");
  CHECK(cast_text("timestamp '1969-12-31T23:59:59Z'", "date") == "1969-12-31");
  CHECK(cast_text("timestamp '2013-01-31'", "timestamp_ntz") == "2013-01-31T00:00:00");
  CHECK(cast_text("86400", "timestamp") == "1970-01-02T00:00:00Z");
  CHECK(cast_text("-0.5", "timestamp") == "1969-12-31T23:59:59.5Z");
  CHECK(cast_text("9223372036854775807", "timestamp") == "fails");
  CHECK(cast_text("float64 'NaN'", "timestamp") == "fails");
}

TEST_CASE("casts of lists cast their elements") {
  CHECK(cast_text("[1, 2, null]", "list<string>") == "[1, 2, null]");
  CHECK(cast_text("[1.5, 2]", "list<int8>") == "[1, 2]");
  CHECK(cast_text("[]", "list<int64>") == "[]");
  CHECK(cell("cast(array(1, 2) as fixed_size_list<float32, 2>)") == "[1.0, 2.0]");
  Batch batch = batch_of({{"x", "int64", {"1", "null", "3"}}});
  CHECK(cells("cast(array(x, 2) as fixed_size_list<string, 2>)", batch.slice(1, 2)) == Cells{"[null, 2]", "[3, 2]"});
  CHECK(eval_error("cast(array(x, 300) as fixed_size_list<int8, 2>)", batch).find("the value does not fit int8") == 0);
}

TEST_CASE("a cast that is not allowed is refused for every value, one that is works for null") {
  Cells types = {"bool",           "int8",   "int16",  "int32", "int64",     "float32",       "float64",
                 "decimal(10, 2)", "string", "binary", "date",  "timestamp", "timestamp_ntz", "list<int64>"};
  for (const std::string& from : types) {
    for (const std::string& to : types) {
      CAPTURE(from + " to " + to);
      Batch batch{std::make_shared<const Schema>(std::vector<Field>{{"x", *Type::parse(from)}}),
                  {Column::nulls(check_memory(), *Type::parse(from), 2)},
                  2};
      bool allowed = is_cast_allowed(*Type::parse(from), *Type::parse(to));
      std::string error = eval_error("cast(x as " + to + ")", batch);
      CHECK((error == "no error") == allowed);
      if (allowed) CHECK(cells("cast(x as " + to + ")", batch) == Cells{"null", "null"});
      if (!allowed) CHECK(error.find("cannot be cast to") != std::string::npos);
      if (can_coerce(*Type::parse(from), *Type::parse(to))) CHECK(allowed);
    }
  }
}

}  // namespace
}  // namespace headrace
