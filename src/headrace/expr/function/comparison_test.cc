// Comparisons, lists, conditions: every pair of special values.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "headrace/expr/check_expr.h"

namespace headrace {
namespace {

/// "=", "<" or ">" for two values of a type, after checking that all six operators, between, in, greatest and least
/// agree, with columns and with literals.
std::string relation(const std::string& type, const std::string& a, const std::string& b) {
  Batch batch = batch_of({{"a", type, {a}}, {"b", type, {b}}});
  std::string prefix = type == "string" ? "" : type + " ";
  std::string forms[] = {"a", fmt::format("{}'{}'", prefix, a)}, others[] = {"b", fmt::format("{}'{}'", prefix, b)};
  std::string result;
  for (const std::string& x : forms) {
    for (const std::string& y : others) {
      auto holds = [&](const std::string& op) { return cells(x + op + y, batch)[0] == "true"; };
      bool less = holds(" < "), equal = holds(" = ");
      std::string here = equal ? "=" : less ? "<" : ">";
      CHECK((result.empty() || result == here));
      result = here;
      CHECK_FALSE((less && equal));
      CHECK(holds(" <> ") == !equal);
      CHECK(holds(" <= ") == (less || equal));
      CHECK(holds(" > ") == (!less && !equal));
      CHECK(holds(" >= ") == !less);
      CHECK((cells(fmt::format("{} in ({})", x, y), batch)[0] == "true") == equal);
      CHECK((cells(fmt::format("{} between {} and {}", x, y, y), batch)[0] == "true") == equal);
      CHECK((cells(fmt::format("nullif({}, {}) is null", x, y), batch)[0] == "true") == equal);
      CHECK((cells(fmt::format("greatest({}, {}) = {}", x, y, y), batch)[0] == "true") == (less || equal));
      CHECK((cells(fmt::format("least({}, {}) = {}", x, y, x), batch)[0] == "true") == (less || equal));
    }
  }
  return result;
}

TEST_CASE("the values of every type are in one order") {
  std::vector<std::pair<std::string, Cells>> ascending = {
      {"bool", {"false", "true"}},
      {"int8", {"-128", "-1", "0", "127"}},
      {"int16", {"-32768", "0", "32767"}},
      {"int32", {"-2147483648", "0", "2147483647"}},
      {"int64", {"-9223372036854775808", "-1", "0", "9223372036854775807"}},
      {"float32", {"-Infinity", "-1.5", "0", "1e-45", "3.4e38", "Infinity", "NaN"}},
      {"float64", {"-Infinity", "-1e308", "-5e-324", "0", "5e-324", "1e308", "Infinity", "NaN"}},
      {"decimal(10, 2)", {"-99999999.99", "-0.01", "0", "0.01", "1.00"}},
      {"string", {"", "A", "AB", "a", "z", "é", "🙂"}},
      {"date", {"-0001-12-31", "1969-12-31", "1970-01-01", "2013-01-31"}},
      {"timestamp", {"1969-12-31T23:59:59.999999Z", "1970-01-01", "2013-01-31"}},
      {"timestamp_ntz", {"1969-12-31T23:59:59.999999", "1970-01-01", "2013-01-31"}}};
  for (const auto& [type, values] : ascending) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      for (std::size_t k = 0; k < values.size(); ++k) {
        CAPTURE(type);
        CAPTURE(values[i]);
        CAPTURE(values[k]);
        CHECK(relation(type, values[i], values[k]) == (i == k ? "=" : i < k ? "<" : ">"));
      }
    }
  }
}

TEST_CASE("zeros are equal, whatever their sign") {
  CHECK(relation("float64", "-0.0", "0") == "=");
  CHECK(relation("float32", "0", "-0.0") == "=");
}

TEST_CASE("binary compares by bytes") {
  CHECK(cell("x'00' < x'ff'") == "true");
  CHECK(cell("x'7f' < x'80'") == "true");
  CHECK(cell("x'' = x''") == "true");
}

TEST_CASE("types are widened before they are compared") {
  CHECK(cell("int8 '1' = 1.0") == "true");
  CHECK(cell("float32 '0.1' = 0.1") == "false");
  CHECK(cell("decimal(3, 2) '0.10' = 0.1") == "true");
  CHECK(cell("decimal(3, 2) '1.00' = 1") == "true");
  CHECK(cell("9007199254740993 = 9007199254740992.0") == "true");  // as float64
  CHECK(cell("date '2013-01-01' < timestamp '2013-01-01T00:00:01Z'") == "true");
}

TEST_CASE("nulls make comparisons null") {
  Batch batch = batch_of({{"a", "int64", {"1", "null", "1", "null"}}, {"b", "int64", {"1", "1", "null", "null"}}});
  for (std::string op : {"=", "<=", ">="})
    CHECK(cells("a " + op + " b", batch) == Cells{"true", "null", "null", "null"});
  for (std::string op : {"<>", "<", ">"})
    CHECK(cells("a " + op + " b", batch) == Cells{"false", "null", "null", "null"});
  CHECK(cells("a = null", batch) == Cells{"null", "null", "null", "null"});
  CHECK(cells("nullif(a, b)", batch) == Cells{"null", "null", "1", "null"});
  CHECK(cells("greatest(a, b)", batch) == Cells{"1", "1", "1", "null"});
  CHECK(cells("a between b and 3", batch) == Cells{"true", "null", "null", "null"});
  CHECK(cells("a between b and 0", batch) == Cells{"false", "null", "false", "null"});
}

TEST_CASE("in is three-valued") {
  Batch batch = batch_of({{"x", "int64", {"1", "2", "null"}}, {"y", "int64", {"null", "2", "3"}}});
  CHECK(cells("x in (1)", batch) == Cells{"true", "false", "null"});
  CHECK(cells("x in (1, null)", batch) == Cells{"true", "null", "null"});
  CHECK(cells("x not in (1, null)", batch) == Cells{"false", "null", "null"});
  CHECK(cells("x in (y, 1)", batch) == Cells{"true", "true", "null"});
  CHECK(cells("x in (y, 7)", batch) == Cells{"null", "true", "null"});
  CHECK(cells("1 in (x, y)", batch) == Cells{"true", "false", "null"});
  CHECK(cells("x in (null)", batch) == Cells{"null", "null", "null"});
  CHECK(cells("x in (1.0, 2.5)", batch) == Cells{"true", "false", "null"});
}

TEST_CASE("long lists are found through a hash, every member and nothing else") {
  std::string list, names;
  Cells even, texts;
  for (int i = 0; i < 5000; ++i) {
    list += fmt::format("{}{}", i == 0 ? "" : ", ", i * 2 - 5000);
    names += fmt::format("{}'name {}'", i == 0 ? "" : ", ", i);
  }
  Cells rows;
  for (int i = -6000; i < 6000; ++i) rows.push_back(std::to_string(i));
  Batch batch = batch_of({{"x", "int64", rows}});
  std::int64_t found = 0;
  Column column = evaluate_text("x in (" + list + ")", batch);
  for (int i = -6000; i < 6000; ++i) {
    bool expected = i % 2 == 0 && i >= -5000 && i < 5000;
    bool is_in = column.values<std::uint8_t>()[static_cast<std::size_t>(i + 6000)] != 0;
    if (is_in != expected) FAIL_CHECK(i);
    found += is_in ? 1 : 0;
  }
  CHECK(found == 5000);
  Batch text = batch_of({{"s", "string", {"name 0", "name 4999", "name 5000", "", "Name 1"}}});
  CHECK(cells("s in (" + names + ")", text) == Cells{"true", "true", "false", "false", "false"});
}

TEST_CASE("conditions take their common type") {
  CHECK(cell("case when true then 1 else 2.5 end") == "1.0");
  CHECK(cell("coalesce(null, int8 '1', 2)") == "1");
  CHECK(cell("if_else(null, 1, 2)") == "2");
  CHECK(cell("case when false then 1 end") == "null");
  CHECK(cell("case 'b' when 'a' then 1 when 'b' then 2 end") == "2");
  CHECK(cell("case null when null then 1 else 0 end") == "0");
  CHECK(cell("coalesce(null)") == "null");
}

}  // namespace
}  // namespace headrace
