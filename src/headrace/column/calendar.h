// Dates and timestamps as the calendar and ISO 8601 see them.
//
// The calendar is the proleptic Gregorian one, with a year 0. A date is a count of days, a timestamp a count of
// microseconds, both since 1970-01-01; there are no leap seconds. Text without a zone is UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace headrace {

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

struct CivilDate {
  std::int64_t year;
  int month;  // 1 … 12
  int day;    // 1 … 31
};

/// Days since 1970-01-01. Months outside 1 … 12 and days outside the month are not checked.
constexpr std::int64_t days_from_civil(CivilDate date) {
  // The year is taken to begin in March, so that the leap day is its last, and time to begin with 400-year eras.
  std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  std::int64_t year_of_era = year - era * 400;
  std::int64_t month_from_march = (date.month + 9) % 12;
  std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
  std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

/// The inverse of days_from_civil().
constexpr CivilDate civil_from_days(std::int64_t days) {
  std::int64_t from_era_0 = days + 719'468;
  std::int64_t era = (from_era_0 >= 0 ? from_era_0 : from_era_0 - 146'096) / 146'097;
  std::int64_t day_of_era = from_era_0 - era * 146'097;
  std::int64_t year_of_era = (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  int month = static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  return {.year = year_of_era + era * 400 + (month <= 2 ? 1 : 0),
          .month = month,
          .day = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1)};
}

constexpr bool is_leap_year(std::int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }
constexpr int days_in_month(std::int64_t year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap_year(year) ? 29 : kDays[month - 1];
}

/// The day that holds a timestamp, and the microseconds since its midnight (never negative).
constexpr std::int64_t day_of_timestamp(std::int64_t micros) {
  return micros / kMicrosPerDay - (micros % kMicrosPerDay < 0 ? 1 : 0);
}
constexpr std::int64_t micros_of_day(std::int64_t micros) {
  std::int64_t rest = micros % kMicrosPerDay;
  return rest < 0 ? rest + kMicrosPerDay : rest;
}

/// "2013-01-01"; years beyond 9999 have a '+', those before 0 a '-'.
std::string format_date(std::int64_t days);
/// "2013-01-01T06:00:00", with up to six digits of a second when it is not whole; `separator` stands for the 'T'.
std::string format_timestamp(std::int64_t micros, char separator = 'T');

/// Reads "2013", "2013-1", "2013-01-31" with 4 to 6 digits of year and an optional sign; blanks around are ignored. A
/// time after it, as in timestamps, must be valid too and is dropped. Empty when `text` is no date.
std::optional<std::int32_t> parse_date(std::string_view text);

struct ParsedTimestamp {
  std::int64_t micros = 0;  // with a zone: the instant; without: the wall clock, which is the instant in UTC
  bool has_zone = false;
};
/// Reads a date, alone or with 'T' or a blank, "6:00", "06:00:00" or "06:00:00.123456" (digits beyond microseconds are
/// cut), and a zone: "Z", "UTC", "GMT", "+1", "+01", "+0100", "+01:00". Empty when `text` is no timestamp, or beyond ±
/// 290,000 years.
std::optional<ParsedTimestamp> parse_timestamp(std::string_view text);

}  // namespace headrace
