// Time functions: tables of rows, and all calendar functions against a calendar that counts one day after another.
#include <random>
#include <string>

#include "headrace/expr/function/check_rows.h"

namespace headrace {
namespace {

/// A calendar that knows only how to go to the next day.
struct SlowDay {
  std::int64_t days;
  int year, month, day, day_of_year, weekday, week;

  static bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }
  static int length_of(int year, int month) {
    if (month == 2) return is_leap(year) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
  }
  /// Whether the ISO year that this Monday begins in week 1 of: its Thursday is the year's first.
  bool thursday_is_first() const {
    int thursday = day_of_year + 3;
    int length = is_leap(year) ? 366 : 365;
    if (thursday > length) thursday -= length;
    return thursday <= 7;
  }

  void next() {
    ++days;
    weekday = (weekday + 1) % 7;
    if (day < length_of(year, month)) {
      ++day;
      ++day_of_year;
    } else {
      day = 1;
      ++day_of_year;
      if (++month > 12) {
        month = 1;
        day_of_year = 1;
        ++year;
      }
    }
    if (weekday == 0) week = thursday_is_first() ? 1 : week + 1;
  }
};

TEST_CASE("calendar parts agree with counting days from the year 1582 to 2420") {
  // 1582-01-01 of the proleptic Gregorian calendar was a Friday, and its week the last of 1581.
  SlowDay slow{-141'714, 1582, 1, 1, 1, 4, 53};
  constexpr int kChunk = 8192;
  while (slow.year < 2420) {
    ColumnBuilder days(test_memory(), TypeKind::kDate);
    std::vector<SlowDay> expected;
    for (int i = 0; i < kChunk; ++i, slow.next()) {
      days.append(static_cast<std::int32_t>(slow.days));
      expected.push_back(slow);
    }
    Batch batch = batch_of({days.finish()});
    EvalContext context(test_memory());
    auto column_of = [&](std::string_view text) {
      return evaluate(*bind(parse_expr(text), *batch.schema), batch, context);
    };
    Column year = column_of("year(a)");
    Column quarter = column_of("quarter(a)");
    Column month = column_of("month(a)");
    Column day = column_of("day(a)");
    Column day_of_year = column_of("day_of_year(a)");
    Column weekday = column_of("weekday(a)");
    Column day_of_week = column_of("day_of_week(a)");
    Column week = column_of("week(a)");
    Column made = column_of("make_date(year(a), month(a), day(a))");
    Column monday = column_of("date_diff(a, date_trunc('week', a))");
    Column of_month = column_of("date_diff(a, date_trunc('month', a))");
    Column of_year = column_of("date_diff(a, date_trunc('year', a))");
    Column from_time = column_of("day_of_year(timestamp_add('microsecond', -1, cast(date_add(a, 1) as timestamp)))");
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const SlowDay& want = expected[i];
      CAPTURE(want.days);
      auto at = [&](const Column& column) { return column.values<std::int32_t>()[i]; };
      bool all_equal = at(year) == want.year && at(quarter) == (want.month - 1) / 3 + 1 && at(month) == want.month &&
                       at(day) == want.day && at(day_of_year) == want.day_of_year && at(weekday) == want.weekday &&
                       at(day_of_week) == (want.weekday + 1) % 7 + 1 && at(week) == want.week &&
                       at(made) == want.days && at(monday) == want.weekday && at(of_month) == want.day - 1 &&
                       at(of_year) == want.day_of_year - 1 && at(from_time) == want.day_of_year;
      REQUIRE(all_equal);
    }
  }
}

TEST_CASE("parts of dates and timestamps") {
  Column a = dates({"2013-11-28", "2012-02-29", std::nullopt, "1969-12-31", "0000-01-01", "-0001-12-31"});
  check_rows("year(a)", {a}, {"2013", "2012", "null", "1969", "0", "-1"});
  check_rows("quarter(a)", {a}, {"4", "1", "null", "4", "1", "4"});
  check_rows("month(a)", {a}, {"11", "2", "null", "12", "1", "12"});
  check_rows("day(a)", {a}, {"28", "29", "null", "31", "1", "31"});
  check_rows("day_of_year(a)", {a}, {"332", "60", "null", "365", "1", "365"});
  check_rows("weekday(a)", {a}, {"3", "2", "null", "2", "5", "4"});
  check_rows("day_of_week(a)", {a}, {"5", "4", "null", "4", "7", "6"});
  check_rows("week(a)", {dates({"2012-01-01", "2013-12-30", "2020-12-31", "2021-01-03", std::nullopt})},
             {"52", "1", "53", "53", "null"});
  check_rows("hour(a)", {a}, {"0", "0", "null", "0", "0", "0"});

  Column t =
      timestamps({"2013-01-01T17:45:30.9Z", "1969-12-31T23:59:59.999999Z", std::nullopt, "1970-01-01T00:00:00Z"});
  check_rows("year(a)", {t}, {"2013", "1969", "null", "1970"});
  check_rows("day(a)", {t}, {"1", "31", "null", "1"});
  check_rows("hour(a)", {t}, {"17", "23", "null", "0"});
  check_rows("minute(a)", {t}, {"45", "59", "null", "0"});
  check_rows("second(a)", {t}, {"30", "59", "null", "0"});
  check_rows("to_date(a)", {t}, {"2013-01-01", "1969-12-31", "null", "1970-01-01"});
  check_rows("unix_seconds(a)", {t}, {"1357062330", "-1", "null", "0"});
  check_rows("unix_micros(a)", {t}, {"1357062330900000", "-1", "null", "0"});
  Column wall = texts({"2013-01-01T17:45:30"}, TypeKind::kTimestampNtz);
  check_rows("hour(a)", {wall}, {"17"});
  check_fails("hour(a)", {int64s({1})}, "argument 1 must be a date or a timestamp");
  check_fails("to_date(a)", {texts({"2013-01-01"})}, "argument 1 must be a date or a timestamp");
  check_fails("unix_micros(a)", {a}, "cast(x as timestamp)");
}

TEST_CASE("date_trunc gives the start of the unit") {
  Column a = dates({"2013-11-28", "1969-12-31", std::nullopt, "2012-02-29"});
  check_rows("date_trunc('year', a)", {a}, {"2013-01-01", "1969-01-01", "null", "2012-01-01"});
  check_rows("date_trunc('quarter', a)", {a}, {"2013-10-01", "1969-10-01", "null", "2012-01-01"});
  check_rows("date_trunc('MONTH', a)", {a}, {"2013-11-01", "1969-12-01", "null", "2012-02-01"});
  check_rows("date_trunc('week', a)", {a}, {"2013-11-25", "1969-12-29", "null", "2012-02-27"});
  check_rows("date_trunc('day', a)", {a}, {"2013-11-28", "1969-12-31", "null", "2012-02-29"});
  check_rows("date_trunc(null, a)", {a}, {"null", "null", "null", "null"});
  Column t = timestamps({"2013-11-28T17:45:30.123456Z", "1969-12-31T23:59:59.999999Z", std::nullopt});
  check_rows("date_trunc('year', a)", {t}, {"2013-01-01T00:00:00Z", "1969-01-01T00:00:00Z", "null"});
  check_rows("date_trunc('week', a)", {t}, {"2013-11-25T00:00:00Z", "1969-12-29T00:00:00Z", "null"});
  check_rows("date_trunc('day', a)", {t}, {"2013-11-28T00:00:00Z", "1969-12-31T00:00:00Z", "null"});
  check_rows("date_trunc('hour', a)", {t}, {"2013-11-28T17:00:00Z", "1969-12-31T23:00:00Z", "null"});
  check_rows("date_trunc('minute', a)", {t}, {"2013-11-28T17:45:00Z", "1969-12-31T23:59:00Z", "null"});
  check_rows("date_trunc('second', a)", {t}, {"2013-11-28T17:45:30Z", "1969-12-31T23:59:59Z", "null"});
  check_rows("date_trunc('millisecond', a)", {t}, {"2013-11-28T17:45:30.123Z", "1969-12-31T23:59:59.999Z", "null"});
  check_fails("date_trunc('mnth', a)", {a}, "did you mean 'month'?");
  check_fails("date_trunc('hour', a)", {a}, "cannot cut a date at the unit 'hour'");
  check_fails("date_trunc(b, a)", {a, texts({"day", "day", "day", "day"})}, "must be a literal");
  check_fails("date_trunc('year', a)", {numbers<std::int32_t>(TypeKind::kDate, {INT32_MIN})},
              "beyond the range of dates");
  check_fails("date_trunc('year', a)", {numbers<std::int64_t>(TypeKind::kTimestamp, {INT64_MIN})},
              "beyond the range of timestamps");
  check_fails("date_trunc('second', a)", {numbers<std::int64_t>(TypeKind::kTimestamp, {INT64_MIN})},
              "beyond the range of timestamps");
}

TEST_CASE("moving dates") {
  Column a = dates({"2016-08-31", "2013-01-15", "2012-02-29", std::nullopt, "1970-01-01"});
  check_rows("date_add(a, 1)", {a}, {"2016-09-01", "2013-01-16", "2012-03-01", "null", "1970-01-02"});
  check_rows("date_add(a, -1)", {a}, {"2016-08-30", "2013-01-14", "2012-02-28", "null", "1969-12-31"});
  check_rows("add_months(a, 1)", {a}, {"2016-09-30", "2013-02-15", "2012-03-29", "null", "1970-02-01"});
  check_rows("add_months(a, -12)", {a}, {"2015-08-31", "2012-01-15", "2011-02-28", "null", "1969-01-01"});
  check_rows("add_months(date '2013-01-31', a)", {int64s({0, 1, -2, 11, -13, std::nullopt})},
             {"2013-01-31", "2013-02-28", "2012-11-30", "2013-12-31", "2011-12-31", "null"});
  check_rows("date_diff(a, b)", {a, dates({"2016-09-01", "2013-01-15", "2012-01-01", "2000-01-01", "1969-12-01"})},
             {"-1", "0", "59", "null", "31"});
  check_fails("date_add(a, 9000000000)", {a}, "beyond the range of dates");
  check_fails("add_months(a, 9223372036854775807)", {a}, "beyond the range of dates");
  check_fails("add_months(a, -9223372036854775807)", {a}, "beyond the range of dates");
  check_fails("date_diff(a, b)",
              {numbers<std::int32_t>(TypeKind::kDate, {INT32_MAX}), numbers<std::int32_t>(TypeKind::kDate, {-1})},
              "does not fit int32");
  check_fails("date_add(a, 1)", {timestamps({"2013-01-01T00:00:00Z"})}, "to_date(x)");
}

TEST_CASE("moving timestamps") {
  Column a = timestamps({"2013-12-31T23:30:00Z", std::nullopt, "1970-01-01T00:00:00Z"});
  check_rows("timestamp_add('minute', 45, a)", {a}, {"2014-01-01T00:15:00Z", "null", "1970-01-01T00:45:00Z"});
  check_rows("timestamp_add('week', -1, a)", {a}, {"2013-12-24T23:30:00Z", "null", "1969-12-25T00:00:00Z"});
  check_rows("timestamp_add('quarter', -1, a)", {a}, {"2013-09-30T23:30:00Z", "null", "1969-10-01T00:00:00Z"});
  check_rows("timestamp_add('year', b, a)", {a, int64s({3, 1, std::nullopt})},
             {"2016-12-31T23:30:00Z", "null", "null"});
  check_fails("timestamp_add('year', 9223372036854775807, a)", {a}, "beyond the range of timestamps");
  check_fails("timestamp_add('week', -9223372036854775807, a)", {a}, "beyond the range of timestamps");
  check_fails("timestamp_add('weak', 1, a)", {a}, "did you mean 'week'?");
  check_fails("timestamp_add('day', 1, a)", {dates({"2013-01-01"})}, "cast(x as timestamp)");
}

TEST_CASE("timestamp_diff counts whole units towards zero") {
  Column a = timestamps({"2013-01-01T00:00:00Z", "2013-01-31T10:00:00Z", "2013-03-31T12:00:00Z", std::nullopt});
  Column b =
      timestamps({"2013-01-02T01:59:59Z", "2013-03-01T09:00:00Z", "2013-02-28T11:00:00Z", "2013-01-01T00:00:00Z"});
  check_rows("timestamp_diff('hour', a, b)", {a, b}, {"25", "695", "-745", "null"});
  check_rows("timestamp_diff('day', a, b)", {a, b}, {"1", "28", "-31", "null"});
  check_rows("timestamp_diff('second', a, b)", {a, b}, {"93599", "2502000", "-2682000", "null"});
  // The day on which the time of day is not reached yet does not count, then months are complete days of the month.
  check_rows("timestamp_diff('month', a, b)", {a, b}, {"0", "0", "-1", "null"});
  check_rows(
      "timestamp_diff('year', a, b)",
      {timestamps({"2012-02-29T00:00:00Z", "2012-02-29T00:00:00Z", "2013-02-28T00:00:00Z", "1969-06-01T00:00:00Z"}),
       timestamps({"2013-02-28T23:00:00Z", "2013-03-01T00:00:00Z", "2012-02-29T00:00:00Z", "1971-06-01T00:00:00Z"})},
      {"0", "1", "0", "2"});
  check_fails("timestamp_diff('microsecond', a, b)",
              {numbers<std::int64_t>(TypeKind::kTimestamp, {INT64_MIN}),
               numbers<std::int64_t>(TypeKind::kTimestamp, {INT64_MAX})},
              "does not fit int64");
}

TEST_CASE("adding the months between two timestamps never goes past the later one") {
  std::mt19937_64 random(7);
  std::uniform_int_distribution<std::int64_t> micros(-4'000'000'000'000'000, 4'000'000'000'000'000);
  ColumnBuilder starts(test_memory(), TypeKind::kTimestamp);
  ColumnBuilder ends(test_memory(), TypeKind::kTimestamp);
  for (int i = 0; i < 10'000; ++i) {
    std::int64_t start = micros(random);
    std::int64_t end = micros(random);
    starts.append(std::min(start, end));
    ends.append(std::max(start, end));
  }
  Batch batch = batch_of({starts.finish(), ends.finish()});
  std::vector<std::string> yes(10'000, "true");
  CHECK(evaluate_cells("timestamp_add('month', timestamp_diff('month', a, b), a) <= b", batch) == yes);
  CHECK(evaluate_cells("timestamp_add('month', timestamp_diff('month', a, b) + 2, a) > b", batch) == yes);
}

TEST_CASE("dates and timestamps made of numbers") {
  check_rows("make_date(a, b, c)", {int64s({2012, 1, -1, std::nullopt}), int64s({2, 1, 12, 1}), int64s({29, 1, 31, 1})},
             {"2012-02-29", "0001-01-01", "-0001-12-31", "null"});
  check_fails("make_date(2013, 13, 1)", {}, "there is no month 13");
  check_fails("make_date(2013, 0, 1)", {}, "a month is 1 to 12");
  check_fails("make_date(2013, 2, 29)", {}, "a day is 1 to 28 here");
  check_fails("make_date(6000000, 1, 1)", {}, "beyond the range of dates");
  check_fails("make_date(a, 1, 1)", {int64s({INT64_MIN})}, "beyond the range of dates");
  check_rows("make_timestamp(2013, 12, 31, 23, 59, a)", {int64s({0, 59, 60, std::nullopt})},
             {"2013-12-31T23:59:00Z", "2013-12-31T23:59:59Z", "2014-01-01T00:00:00Z", "null"});
  check_rows("make_timestamp(1969, 12, 31, 23, 59, a)",
             {numbers<double>(TypeKind::kFloat64, {59.999999, 0.1, 59.9999999, std::nullopt})},
             {"1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:00.1Z", "1970-01-01T00:00:00Z", "null"});
  check_fails("make_timestamp(2013, 1, 1, 24, 0, 0)", {}, "there is no hour 24");
  check_fails("make_timestamp(2013, 1, 1, 0, 60, 0)", {}, "there is no minute 60");
  check_fails("make_timestamp(2013, 1, 1, 0, 0, 61)", {}, "there is no second 61");
  check_fails("make_timestamp(2013, 1, 1, 0, 0, a)", {numbers<double>(TypeKind::kFloat64, {60.5})},
              "there is no second 60.5");
  check_fails("make_timestamp(300000, 1, 1, 0, 0, 0)", {}, "beyond the range of timestamps");
}

}  // namespace
}  // namespace headrace
