// Values, and the text of numbers, decimals and dates.
#include "headrace/column/value.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include <doctest/doctest.h>

#include "headrace/column/calendar.h"
#include "headrace/column/decimal.h"
#include "headrace/column/number_text.h"

namespace headrace {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<Value> one_of_each() {
  return {Value::boolean(true),
          {TypeKind::kInt8, std::int64_t{-128}},
          {TypeKind::kInt16, std::int64_t{32767}},
          {TypeKind::kInt32, std::int64_t{-7}},
          Value::int64(std::numeric_limits<std::int64_t>::min()),
          {TypeKind::kFloat32, 0.1f},
          Value::float64(-2.5),
          {Type::decimal(38, 10), -power_of_ten(37)},
          Value::string("it's größe"),
          {TypeKind::kBinary, std::string("\0\xff", 2)},
          {TypeKind::kDate, std::int64_t{-1}},
          {TypeKind::kTimestamp, std::int64_t{1}},
          {TypeKind::kTimestampNtz, std::int64_t{-1}}};
}

TEST_CASE("a value put into a column and taken out again is the same") {
  auto memory = MemoryBudget::create();
  for (const Value& value : one_of_each()) {
    CAPTURE(value.to_string());
    ColumnBuilder builder(*memory, value.type);
    builder.append_null();
    append_value(builder, value);
    append_value(builder, Value::null(value.type));
    Column column = builder.finish();
    CHECK(value_at(column, 1) == value);
    CHECK(value_at(column, 0) == Value::null(value.type));
    CHECK(value_at(column.slice(1, 2), 0) == value);
    CHECK(column.null_count() == 2);
    Column constant = constant_column(*memory, value, 3);
    CHECK(constant.length() == 3);
    CHECK(constant.null_count() == 0);
    for (std::int64_t i = 0; i < 3; ++i) CHECK(value_at(constant, i) == value);
    CHECK(constant_column(*memory, value, 0).length() == 0);
    CHECK(constant_column(*memory, Value::null(value.type), 2).null_count() == 2);
  }
}

TEST_CASE("values of different types or with different contents differ") {
  std::vector<Value> values = one_of_each();
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t k = 0; k < values.size(); ++k) CHECK((values[i] == values[k]) == (i == k));
  }
  CHECK(Value::float64(kNan) == Value::float64(kNan));
  CHECK(Value::float64(0.0) == Value::float64(-0.0));
  CHECK_FALSE(Value::null() == Value::null(TypeKind::kInt64));
}

TEST_CASE("lists are values of columns") {
  auto memory = MemoryBudget::create();
  ColumnBuilder elements(*memory, TypeKind::kString);
  elements.append_string("a");
  elements.append_null();
  Value list = Value::list(elements.finish());
  CHECK(list.to_string() == "['a', null]");
  CHECK(list == list);
  Column column = constant_column(*memory, list, 2);
  CHECK(value_at(column, 1) == list);
  CHECK(value_at(column.slice(1, 1), 0) == list);
  CHECK(format_cell(column, 1) == "[a, null]");
  elements.append_string("b");
  CHECK_FALSE(Value::list(elements.finish()) == list);
}

TEST_CASE("the text of literals") {
  std::vector<std::string> texts;
  for (const Value& value : one_of_each()) texts.push_back(value.to_string());
  CHECK(texts == std::vector<std::string>{"true", "int8 '-128'", "int16 '32767'", "int32 '-7'", "-9223372036854775808",
                                          "float32 '0.1'", "-2.5",
                                          "decimal(38, 10) '-1000000000000000000000000000.0000000000'", "'it''s größe'",
                                          "x'00ff'", "date '1969-12-31'", "timestamp '1970-01-01T00:00:00.000001Z'",
                                          "timestamp_ntz '1969-12-31T23:59:59.999999'"});
  CHECK(Value::float64(-kInfinity).to_string() == "float64 '-Infinity'");
  CHECK(Value::null(TypeKind::kDate).to_string() == "null");
}

TEST_CASE("cells of structs and fixed-size lists") {
  auto memory = MemoryBudget::create();
  Type pair = Type::fixed_size_list(TypeKind::kInt8, 2);
  ColumnBuilder builder(*memory, Type::structure({{"a", TypeKind::kInt64}, {"b", pair}}));
  builder.child(0).append(std::int64_t{1});
  builder.child(1).child(0).append(std::int8_t{2});
  builder.child(1).child(0).append_null();
  builder.child(1).append_struct_end();
  builder.append_struct_end();
  builder.append_null();
  Column column = builder.finish();
  CHECK(format_cell(column, 0) == "{a: 1, b: [2, null]}");
  CHECK(format_cell(column, 1) == "null");
  CHECK(format_cell(column.slice(1, 1), 0) == "null");
}

TEST_CASE("floats are written as Spark writes them and read back to the same bits") {
  CHECK(format_float64(0) == "0.0");
  CHECK(format_float64(-0.0) == "-0.0");
  CHECK(format_float64(1) == "1.0");
  CHECK(format_float64(100) == "100.0");
  CHECK(format_float64(0.1) == "0.1");
  CHECK(format_float64(0.001) == "0.001");
  CHECK(format_float64(0.00099) == "9.9E-4");
  CHECK(format_float64(9999999) == "9999999.0");
  CHECK(format_float64(1e7) == "1.0E7");
  CHECK(format_float64(12345678.5) == "1.23456785E7");
  CHECK(format_float64(-1.5e-300) == "-1.5E-300");
  CHECK(format_float64(kNan) == "NaN");
  CHECK(format_float64(-kInfinity) == "-Infinity");
  CHECK(format_float32(0.1f) == "0.1");
  CHECK(format_float32(16777216.0f) == "1.6777216E7");
  std::mt19937_64 random(3);
  for (int i = 0; i < 20000; ++i) {
    std::uint64_t bits = random();
    double value;
    std::memcpy(&value, &bits, sizeof value);
    if (std::isnan(value)) continue;
    CHECK(parse_float64(format_float64(value)) == value);
    float narrow;
    std::memcpy(&narrow, &bits, sizeof narrow);
    if (!std::isnan(narrow)) CHECK(parse_float32(format_float32(narrow)) == narrow);
  }
}

TEST_CASE("floats are read in every usual form") {
  CHECK(parse_float64(" 1 ") == 1.0);
  CHECK(parse_float64("+.5") == 0.5);
  CHECK(parse_float64("1.") == 1.0);
  CHECK(parse_float64("-1E+3") == -1000.0);
  CHECK(parse_float64("-inf") == -kInfinity);
  CHECK(parse_float64("INFINITY") == kInfinity);
  CHECK(std::isnan(*parse_float64("nan")));
  CHECK(parse_float64("1e999") == kInfinity);
  CHECK(parse_float64("-1e999") == -kInfinity);
  CHECK(parse_float64("1e-999") == 0.0);
  CHECK(parse_float64("0.000001e310") == 1e304);
  CHECK(parse_float32("1e39") == std::numeric_limits<float>::infinity());
  for (std::string_view text : {"", " ", "x", "1x", "1e", "--1", "+-1", "0x10", "1 2", "1,5", "infin", "."}) {
    CAPTURE(text);
    CHECK_FALSE(parse_float64(text));
  }
}

TEST_CASE("integers are read whole or not at all") {
  CHECK(parse_int64(" -12\t") == -12);
  CHECK(parse_int64("+12") == 12);
  CHECK(parse_int64("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
  bool is_number = false;
  CHECK_FALSE(parse_int64("9223372036854775808", &is_number));
  CHECK(is_number);
  for (std::string_view text : {"", "1.0", "1e3", "+-1", "--1", "1 2", "x"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_int64(text, &is_number));
    CHECK_FALSE(is_number);
  }
}

TEST_CASE("decimals are read with rounding half away from zero") {
  CHECK(parse_decimal("1.5", 5, 2) == Int128{150});
  CHECK(parse_decimal("-1.005", 5, 2) == Int128{-101});
  CHECK(parse_decimal("1.0049999", 5, 2) == Int128{100});
  CHECK(parse_decimal("1e2", 5, 2) == Int128{10000});
  CHECK(parse_decimal("12345e-2", 5, 2) == Int128{12345});
  CHECK(parse_decimal("0.001", 5, 2) == Int128{0});
  CHECK(parse_decimal("0.005", 5, 2) == Int128{1});
  CHECK(parse_decimal("0.0005", 5, 2) == Int128{0});
  CHECK(parse_decimal("999.994", 5, 2) == Int128{99999});
  bool is_number = false;
  CHECK_FALSE(parse_decimal("999.995", 5, 2, &is_number));
  CHECK(is_number);
  CHECK_FALSE(parse_decimal("1e400", 38, 0, &is_number));
  CHECK(is_number);
  CHECK_FALSE(parse_decimal("1.2.3", 5, 2, &is_number));
  CHECK_FALSE(is_number);
  CHECK(parse_decimal("00000000000000000000000000000000000000000000001", 5, 2) == Int128{100});
  CHECK(format_decimal(*parse_decimal("99999999999999999999999999999999999999", 38, 0), 0) ==
        "99999999999999999999999999999999999999");
}

TEST_CASE("decimals multiply and divide exactly, beyond 128 bits too") {
  Int128 large = power_of_ten(38) - 1;
  CHECK(multiply_decimals(large, large, 38, 38) == large - 1);  // (10^38 - 1)^2 = 10^76 - 2 × 10^38 + 1
  CHECK_FALSE(multiply_decimals(large, large, 37, 38));
  CHECK(multiply_decimals(large, -large, 76, 38) == Int128{-1});
  CHECK(multiply_decimals(5, 1, 1, 38) == Int128{1});
  CHECK(multiply_decimals(-5, 1, 1, 38) == Int128{-1});
  CHECK(multiply_decimals(49, 1, 2, 38) == Int128{0});
  CHECK(divide_decimals(1, 3, 6, 38) == Int128{333333});
  CHECK(divide_decimals(-2, 3, 0, 38) == Int128{-1});
  CHECK(divide_decimals(1, 2, 0, 38) == Int128{1});
  CHECK(divide_decimals(large, large, 37, 38) == power_of_ten(37));
  CHECK(divide_decimals(large - 1, large, 38, 38) == large);  // 10^38 - 1 - 10^-38
  CHECK_FALSE(divide_decimals(large, 1, 1, 38));
  CHECK(rescale_decimal(12345, 2, 1, 38) == Int128{1235});
  CHECK(rescale_decimal(-12345, 2, 0, 38) == Int128{-123});
  CHECK(rescale_decimal(1, 0, 37, 38) == power_of_ten(37));
  CHECK_FALSE(rescale_decimal(10, 0, 37, 38));
  CHECK_FALSE(rescale_decimal(995, 1, 0, 2));
}

TEST_CASE("random decimal products and quotients agree with long arithmetic in 128 bits") {
  std::mt19937_64 random(5);
  for (int i = 0; i < 20000; ++i) {
    Int128 a = static_cast<std::int64_t>(random()), b = static_cast<std::int64_t>(random() >> (random() % 40));
    if (b == 0) continue;
    int drop = static_cast<int>(random() % 19);
    Int128 unit = power_of_ten(drop), product = a * b;
    Int128 expected =
        product / unit + ((product < 0 ? -(product % unit) : product % unit) * 2 >= unit ? (product < 0 ? -1 : 1) : 0);
    if (drop == 0) expected = product;
    CHECK(multiply_decimals(a, b, drop, 38) == expected);
    Int128 rest = a % b, magnitude = b < 0 ? -b : b;
    bool up = (rest < 0 ? -rest : rest) * 2 >= magnitude;
    CHECK(divide_decimals(a, b, 0, 38) == a / b + (up ? ((a < 0) != (b < 0) ? -1 : 1) : 0));
  }
}

TEST_CASE("decimals become the nearest float64") {
  CHECK(decimal_to_double(15, 1) == 1.5);
  CHECK(decimal_to_double(1, 28) == 1e-28);
  CHECK(decimal_to_double(power_of_ten(38) - 1, 0) == 1e38);
  CHECK(decimal_to_double(-power_of_ten(20) / 3, 5) == -333333333333333.33333);
}

TEST_CASE("every day of 4,000 years is found again from its date") {
  CHECK(days_from_civil({1970, 1, 1}) == 0);
  CHECK(days_from_civil({2000, 2, 29}) == 11016);
  CHECK(format_date(-719528) == "0000-01-01");
  std::int64_t day = days_from_civil({-1000, 1, 1});
  for (std::int64_t year = -1000; year < 3000; ++year) {
    for (int month = 1; month <= 12; ++month) {
      for (int of_month = 1; of_month <= days_in_month(year, month); ++of_month, ++day) {
        CivilDate date = civil_from_days(day);
        bool same = date.year == year && date.month == month && date.day == of_month && days_from_civil(date) == day;
        if (!same) FAIL_CHECK(year << "-" << month << "-" << of_month);
      }
    }
  }
}

TEST_CASE("dates and timestamps are read in ISO forms and nothing else") {
  CHECK(parse_date("2013-01-31") == 15736);
  CHECK(parse_date(" 2013-1-31 ") == 15736);
  CHECK(parse_date("2013-01-31T23:59:59Z") == 15736);
  CHECK(format_date(*parse_date("2013")) == "2013-01-01");
  CHECK(format_date(*parse_date("2013-02")) == "2013-02-01");
  CHECK(format_date(*parse_date("-0044-03-15")) == "-0044-03-15");
  CHECK(format_date(*parse_date("+12345-01-01")) == "+12345-01-01");
  for (std::string_view text :
       {"", "13-01-31", "2013-13-01", "2013-02-29", "2013-00-10", "2013-01-32", "2013-1-1x", "2013/01/01", "2013-01-",
        "2013-001-01", "20130131T", "2013-01-31Tnoon", "1234567-01-01"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_date(text));
  }
  auto read = [](std::string_view text) {
    std::optional<ParsedTimestamp> parsed = parse_timestamp(text);
    return parsed ? format_timestamp(parsed->micros) + (parsed->has_zone ? " zone" : "") : "none";
  };
  CHECK(read("2013-01-31") == "2013-01-31T00:00:00");
  CHECK(read("2013-01-31 6:05") == "2013-01-31T06:05:00");
  CHECK(read("2013-01-31T06:05:07.1234567Z") == "2013-01-31T06:05:07.123456 zone");
  CHECK(read("2013-01-31T00:30:00+01:00") == "2013-01-30T23:30:00 zone");
  CHECK(read("2013-01-31T00:30:00 -0130") == "2013-01-31T02:00:00 zone");
  CHECK(read("2013-01-31T00:30:00+1") == "2013-01-30T23:30:00 zone");
  CHECK(read("1969-12-31T23:59:59.999999UTC") == "1969-12-31T23:59:59.999999 zone");
  for (std::string_view text :
       {"2013-01-31T", "2013-01-31T25:00", "2013-01-31T10:60", "2013-01-31T10", "2013-01-31T10:00:60",
        "2013-01-31T10:00:00.", "2013-01-31T10:00:00+19:00", "2013-01-31T10:00:00 Mars", "10:00:00",
        "2013-01-31T10:00:00+1:3", "999999-01-01T00:00:00"}) {
    CAPTURE(text);
    CHECK(read(text) == "none");
  }
}

}  // namespace
}  // namespace headrace
