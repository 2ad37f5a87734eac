// Arithmetic, rounding and mathematics at the edges of their types.
#include <cmath>
#include <limits>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "headrace/expr/check_expr.h"

namespace headrace {
namespace {

/// The value of a op b for literals of one type, "overflow", or "zero" for a division by it.
std::string compute(const std::string& type, const std::string& a, const std::string& op, const std::string& b) {
  Batch batch = batch_of({{"a", type, {a}}, {"b", type, {b}}});
  // With two columns, and with either as a literal: three loops.
  auto run = [&](const std::string& text) {
    std::string value;
    std::string error = error_of([&] { value = cells(text, batch)[0]; });
    if (error.find("overflow") != std::string::npos) return std::string("overflow");
    if (error.find("division by zero") != std::string::npos) return std::string("zero");
    return error == "no error" ? value : error;
  };
  std::string columns = run("a " + op + " b");
  CHECK(run(fmt::format("a {} {} '{}'", op, type, b)) == columns);
  CHECK(run(fmt::format("{} '{}' {} b", type, a, op)) == columns);
  CHECK(run(fmt::format("{} '{}' {} {} '{}'", type, a, op, type, b)) == columns);
  return columns;
}

template <typename T>
void check_integer_edges(const std::string& type) {
  CAPTURE(type);
  std::string min = std::to_string(std::numeric_limits<T>::min()), max = std::to_string(std::numeric_limits<T>::max());
  CHECK(compute(type, max, "+", "0") == max);
  CHECK(compute(type, max, "+", "1") == "overflow");
  CHECK(compute(type, min, "+", "-1") == "overflow");
  CHECK(compute(type, min, "+", max) == "-1");
  CHECK(compute(type, min, "-", "0") == min);
  CHECK(compute(type, min, "-", "1") == "overflow");
  CHECK(compute(type, max, "-", "-1") == "overflow");
  CHECK(compute(type, "0", "-", min) == "overflow");
  CHECK(compute(type, "-1", "-", min) == max);
  CHECK(compute(type, max, "*", "-1") == std::to_string(-std::numeric_limits<T>::max()));
  CHECK(compute(type, min, "*", "-1") == "overflow");
  CHECK(compute(type, max, "*", "2") == "overflow");
  CHECK(compute(type, min, "*", "0") == "0");
  CHECK(compute(type, min, "%", "-1") == "0");
  CHECK(compute(type, max, "%", "0") == "zero");
  CHECK(compute(type, "-7", "%", "4") == "-3");
  CHECK(compute(type, "7", "%", "-4") == "3");
  CHECK(compute(type, "-7", "div", "2") == "-3");
  CHECK(compute(type, "1", "div", "0") == "zero");
  CHECK(compute(type, "1", "/", "0") == "zero");
  CHECK(compute(type, "1", "/", "4") == "0.25");
  Batch batch = batch_of({{"a", type, {min}}, {"b", type, {max}}});
  CHECK(cells("-b", batch) == Cells{std::to_string(-std::numeric_limits<T>::max())});
  CHECK(eval_error("-a", batch).find(type + " overflow: -a where a = " + min) == 0);
  CHECK(eval_error("abs(a)", batch).find(type + " overflow: abs(a) where a = " + min) == 0);
  CHECK(cells("abs(a + 1)", batch)[0] == max);
  CHECK(eval_error("round(b, -1)", batch).find("overflow") != std::string::npos);
}

TEST_CASE("integers of every width overflow with an error") {
  check_integer_edges<std::int8_t>("int8");
  check_integer_edges<std::int16_t>("int16");
  check_integer_edges<std::int32_t>("int32");
  check_integer_edges<std::int64_t>("int64");
  CHECK(compute("int64", "-9223372036854775808", "div", "-1") == "overflow");
  CHECK(compute("int8", "-128", "div", "-1") == "128");
}

TEST_CASE("an overflow is found in any row, and not where there is none") {
  for (std::int64_t bad = 0; bad < 70; ++bad) {
    Cells rows(70, "100");
    rows[static_cast<std::size_t>(bad)] = "127";
    Batch batch = batch_of({{"a", "int8", rows}});
    CHECK(eval_error("a + int8 '1'", batch).find("int8 overflow: a + int8 '1' where a = 127") == 0);
    CHECK(eval_error("a + int8 '1'", batch.slice(0, bad)) == "no error");
    CHECK(eval_error("a + int8 '1'", batch.slice(bad + 1, 69 - bad)) == "no error");
  }
}

TEST_CASE("floats go to infinity, but are not divided by zero") {
  CHECK(compute("float64", "1e308", "*", "10") == "Infinity");
  CHECK(compute("float64", "1", "/", "0") == "zero");
  CHECK(compute("float64", "1", "/", "-0.0") == "zero");
  CHECK(compute("float64", "0", "/", "0") == "zero");
  CHECK(compute("float64", "5.5", "%", "0") == "zero");
  CHECK(compute("float64", "NaN", "+", "1") == "NaN");
  CHECK(compute("float64", "Infinity", "-", "Infinity") == "NaN");
  CHECK(compute("float64", "1", "/", "NaN") == "NaN");
  CHECK(compute("float64", "-5.5", "%", "2") == "-1.5");
  CHECK(compute("float32", "3e38", "*", "10") == "Infinity");
  CHECK(compute("float32", "0.1", "+", "0.2") == "0.3");
  CHECK(compute("float32", "1", "/", "3") == "0.3333333333333333");
  CHECK(cell("0.1 + 0.2") == "0.30000000000000004");
}

TEST_CASE("decimals are exact, rounded once, and overflow with an error") {
  CHECK(compute("decimal(3, 2)", "9.99", "+", "9.99") == "19.98");
  CHECK(compute("decimal(3, 2)", "1.25", "-", "2.5") == "-1.25");
  CHECK(compute("decimal(3, 2)", "1.25", "*", "1.25") == "1.5625");
  CHECK(compute("decimal(3, 2)", "1.00", "/", "3.00") == "0.333333");
  CHECK(compute("decimal(3, 2)", "2.00", "/", "3.00") == "0.666667");
  CHECK(compute("decimal(3, 2)", "-2.00", "/", "3.00") == "-0.666667");
  CHECK(compute("decimal(3, 2)", "1.00", "/", "0") == "zero");
  CHECK(compute("decimal(3, 2)", "-7.25", "%", "2.00") == "-1.25");
  CHECK(compute("decimal(3, 2)", "-7.25", "div", "2.00") == "-3");
  CHECK(compute("decimal(3, 2)", "1.00", "%", "0") == "zero");
  std::string nines(38, '9');
  CHECK(compute("decimal(38, 0)", nines, "+", "1") == "overflow");
  CHECK(compute("decimal(38, 0)", nines, "-", "1") == nines.substr(1) + "8");
  CHECK(compute("decimal(38, 0)", nines, "*", "10") == "overflow");
  CHECK(compute("decimal(38, 0)", nines, "/", "10") == "overflow");  // 6 digits after the point leave 32 before it
  CHECK(compute("decimal(38, 10)", "1234567890.0123456789", "*", "2") == "2469135780.024691");
  CHECK(compute("decimal(38, 10)", "0.0000000005", "+", "0.0000000010") == "0.000000002");
  Batch batch = batch_of({{"a", "decimal(5, 2)", {"1.50", "-0.05"}}, {"b", "decimal(9, 4)", {"0.2500", "0.0001"}}});
  CHECK(cells("a + b", batch) == Cells{"1.7500", "-0.0499"});
  CHECK(cells("a * b", batch) == Cells{"0.375000", "-0.000005"});
  CHECK(cells("a % b", batch) == Cells{"0.0000", "0.0000"});
  CHECK(cells("a + 1", batch) == Cells{"2.50", "0.95"});
  CHECK(cells("2 * a", batch) == Cells{"3.00", "-0.10"});
  CHECK(cells("a > b", batch) == Cells{"true", "false"});
  CHECK(cells("a = 1.5", batch) == Cells{"true", "false"});
  CHECK(cells("-a", batch) == Cells{"-1.50", "0.05"});
}

TEST_CASE("round takes halves away from zero, by the decimal text") {
  auto rounded = [](const std::string& x, int digits) { return cell(fmt::format("round({}, {})", x, digits)); };
  CHECK(rounded("2.5", 0) == "3.0");
  CHECK(rounded("-2.5", 0) == "-3.0");
  CHECK(rounded("0.49999999999999994", 0) == "0.0");
  CHECK(rounded("-0.4", 0) == "0.0");
  CHECK(rounded("2.675", 2) == "2.68");
  CHECK(rounded("1.005", 2) == "1.01");
  CHECK(rounded("-1.005", 2) == "-1.01");
  CHECK(rounded("0.285", 2) == "0.29");
  CHECK(rounded("9.995", 2) == "10.0");
  CHECK(rounded("0.05", 1) == "0.1");
  CHECK(rounded("0.04", 1) == "0.0");
  CHECK(rounded("1234.5678", -2) == "1200.0");
  CHECK(rounded("1250.0", -2) == "1300.0");
  CHECK(rounded("50.0", -2) == "100.0");
  CHECK(rounded("49.9", -2) == "0.0");
  CHECK(rounded("1e300", 2) == "1.0E300");
  CHECK(rounded("1.5e-10", 10) == "2.0E-10");
  CHECK(rounded("123456789012345.675", 2) == "1.2345678901234567E14");
  CHECK(rounded("1.25", 30) == "1.25");
  CHECK(rounded("float64 'NaN'", 2) == "NaN");
  CHECK(rounded("float64 '-Infinity'", 2) == "-Infinity");
  CHECK(rounded("float32 '2.675'", 2) == "2.68");
  CHECK(rounded("1250", -2) == "1300");
  CHECK(rounded("-1250", -2) == "-1300");
  CHECK(rounded("1249", -2) == "1200");
  CHECK(rounded("5", -1) == "10");
  CHECK(rounded("5", -20) == "0");
  CHECK(rounded("7", 3) == "7");
  CHECK(rounded("decimal(4, 3) '1.005'", 2) == "1.01");
  CHECK(rounded("decimal(4, 2) '99.95'", 1) == "100.0");
  CHECK(rounded("decimal(4, 2) '55.55'", -1) == "60");
  CHECK(rounded("decimal(4, 2) '55.55'", -3) == "0");
  CHECK(rounded("decimal(4, 2) '55.55'", -100) == "0");
  CHECK(rounded("decimal(4, 2) '55.55'", 5) == "55.55");
}

TEST_CASE("the fast way of round agrees with that by text") {
  // Every x = k / 1000 rounds as its three digits say.
  for (int k = -20000; k <= 20000; ++k) {
    int magnitude = std::abs(k);
    int cents = (magnitude + 5) / 10;
    double expected = (k < 0 ? -cents : cents) / 100.0;
    Batch batch{std::make_shared<const Schema>(std::vector<Field>{{"x", TypeKind::kFloat64}}),
                {constant_column(check_memory(), Value::float64(k / 1000.0), 1)},
                1};
    double result = evaluate_text("round(x, 2)", batch).values<double>()[0];
    if (result != expected) FAIL_CHECK(k << " " << result);
  }
}

TEST_CASE("floor, ceil, trunc give integers") {
  CHECK(cell("floor(-0.5)") == "-1");
  CHECK(cell("ceil(-0.5)") == "0");
  CHECK(cell("trunc(-0.5)") == "0");
  CHECK(cell("floor(decimal(3, 1) '-0.5')") == "-1");
  CHECK(cell("ceil(decimal(3, 1) '0.1')") == "1");
  CHECK(cell("floor(9007199254740993)") == "9007199254740993");
  CHECK(eval_error("floor(1e19)").find("the value does not fit int64: floor(1.0E19)") == 0);
  CHECK(eval_error("ceil(float64 'NaN')").find("the value does not fit int64") == 0);
}

TEST_CASE("logarithms are null outside their domain, other functions give NaN or infinity") {
  Batch batch = batch_of({{"x", "float64", {"1", "0", "-1", "-0.0", "NaN", "Infinity", "null", "-Infinity"}}});
  CHECK(cells("ln(x)", batch) == Cells{"0.0", "null", "null", "null", "NaN", "Infinity", "null", "null"});
  CHECK(cells("log1p(x - 1)", batch) == Cells{"0.0", "null", "null", "null", "NaN", "Infinity", "null", "null"});
  CHECK(cells("sqrt(x)", batch) == Cells{"1.0", "0.0", "NaN", "-0.0", "NaN", "Infinity", "null", "NaN"});
  CHECK(cells("exp(x * 1000)", batch) == Cells{"Infinity", "1.0", "0.0", "1.0", "NaN", "Infinity", "null", "0.0"});
  CHECK(cells("sign(x)", batch) == Cells{"1.0", "0.0", "-1.0", "-0.0", "NaN", "1.0", "null", "-1.0"});
  CHECK(cell("pow(-8, 1 / 3)") == "NaN");
  CHECK(cell("pow(0, 0)") == "1.0");
  CHECK(cell("ln(exp(1))") == "1.0");
}

}  // namespace
}  // namespace headrace
