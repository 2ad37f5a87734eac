// See calendar.h.
#include "headrace/column/calendar.h"

#include <limits>

#include <fmt/format.h>

namespace headrace {
namespace {

/// Reads the pieces of an ISO text from left to right.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {
    while (!text_.empty() && is_blank(text_.front())) text_.remove_prefix(1);
    while (!text_.empty() && is_blank(text_.back())) text_.remove_suffix(1);
  }

  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  /// Takes `word` when it is the whole rest.
  bool take_rest(std::string_view word) {
    if (text_.substr(at_) != word) return false;
    at_ = text_.size();
    return true;
  }
  void skip_blanks() {
    while (is_blank(peek())) ++at_;
  }
  /// A number of `digits_min` to `digits_max` digits; a digit more is an error, too.
  std::optional<std::int64_t> number(int digits_min, int digits_max) {
    std::int64_t value = 0;
    int digits = 0;
    while (peek() >= '0' && peek() <= '9') {
      if (++digits > digits_max) return std::nullopt;
      value = value * 10 + (text_[at_++] - '0');
    }
    if (digits < digits_min) return std::nullopt;
    return value;
  }

 private:
  static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::optional<std::int64_t> take_date(Cursor& cursor) {
  bool negative = cursor.take('-');
  if (!negative) cursor.take('+');
  std::optional<std::int64_t> year = cursor.number(4, 6);
  if (!year) return std::nullopt;
  CivilDate date{.year = negative ? -*year : *year, .month = 1, .day = 1};
  if (cursor.take('-')) {
    std::optional<std::int64_t> month = cursor.number(1, 2);
    if (!month || *month < 1 || *month > 12) return std::nullopt;
    date.month = static_cast<int>(*month);
    if (cursor.take('-')) {
      std::optional<std::int64_t> day = cursor.number(1, 2);
      if (!day || *day < 1 || *day > days_in_month(date.year, date.month)) return std::nullopt;
      date.day = static_cast<int>(*day);
    }
  }
  return days_from_civil(date);
}

/// Microseconds since midnight.
std::optional<std::int64_t> take_time(Cursor& cursor) {
  std::optional<std::int64_t> hour = cursor.number(1, 2);
  if (!hour || *hour > 23 || !cursor.take(':')) return std::nullopt;
  std::optional<std::int64_t> minute = cursor.number(1, 2);
  if (!minute || *minute > 59) return std::nullopt;
  std::int64_t micros = (*hour * 60 + *minute) * 60 * kMicrosPerSecond;
  if (!cursor.take(':')) return micros;
  std::optional<std::int64_t> second = cursor.number(1, 2);
  if (!second || *second > 59) return std::nullopt;
  micros += *second * kMicrosPerSecond;
  if (!cursor.take('.')) return micros;
  std::int64_t weight = kMicrosPerSecond / 10;
  if (cursor.peek() < '0' || cursor.peek() > '9') return std::nullopt;
  for (; cursor.peek() >= '0' && cursor.peek() <= '9'; weight /= 10) {
    micros += weight * (cursor.peek() - '0');
    cursor.take(cursor.peek());
  }
  return micros;
}

/// Seconds that the zone at the cursor is ahead of UTC.
std::optional<std::int64_t> take_zone(Cursor& cursor) {
  for (std::string_view name : {"Z", "UTC", "GMT"}) {
    if (cursor.take_rest(name)) return 0;
  }
  bool negative = cursor.take('-');
  if (!negative && !cursor.take('+')) return std::nullopt;
  std::optional<std::int64_t> hours = cursor.number(1, 4);
  if (!hours) return std::nullopt;
  std::int64_t minutes = 0;
  if (*hours > 99) {
    minutes = *hours % 100;
    *hours /= 100;
  } else if (cursor.take(':')) {
    std::optional<std::int64_t> given = cursor.number(2, 2);
    if (!given) return std::nullopt;
    minutes = *given;
  }
  if (minutes > 59 || *hours * 60 + minutes > 18 * 60) return std::nullopt;
  return (negative ? -60 : 60) * (*hours * 60 + minutes);
}

}  // namespace

std::string format_date(std::int64_t days) {
  CivilDate date = civil_from_days(days);
  std::string_view sign = date.year < 0 ? "-" : date.year > 9999 ? "+" : "";
  return fmt::format("{}{:04}-{:02}-{:02}", sign, date.year < 0 ? -date.year : date.year, date.month, date.day);
}

std::string format_timestamp(std::int64_t micros, char separator) {
  std::int64_t of_day = micros_of_day(micros);
  std::int64_t seconds = of_day / kMicrosPerSecond;
  std::string text = fmt::format("{}{}{:02}:{:02}:{:02}", format_date(day_of_timestamp(micros)), separator,
                                 seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (std::int64_t fraction = of_day % kMicrosPerSecond; fraction != 0) {
    text += fmt::format(".{:06}", fraction);
    text.resize(text.find_last_not_of('0') + 1);
  }
  return text;
}

std::optional<std::int32_t> parse_date(std::string_view text) {
  Cursor cursor(text);
  std::optional<std::int64_t> days = take_date(cursor);
  if (!days) return std::nullopt;
  if (!cursor.at_end() && !parse_timestamp(text)) return std::nullopt;
  return static_cast<std::int32_t>(*days);
}

std::optional<ParsedTimestamp> parse_timestamp(std::string_view text) {
  Cursor cursor(text);
  std::optional<std::int64_t> days = take_date(cursor);
  if (!days) return std::nullopt;
  ParsedTimestamp parsed;
  std::int64_t of_day = 0;
  if (!cursor.at_end()) {
    if (!cursor.take('T') && !cursor.take(' ')) return std::nullopt;
    std::optional<std::int64_t> time = take_time(cursor);
    if (!time) return std::nullopt;
    of_day = *time;
    cursor.skip_blanks();
    if (!cursor.at_end()) {
      std::optional<std::int64_t> zone_seconds = take_zone(cursor);
      if (!zone_seconds || !cursor.at_end()) return std::nullopt;
      of_day -= *zone_seconds * kMicrosPerSecond;
      parsed.has_zone = true;
    }
  }
  constexpr std::int64_t kDaysMax = std::numeric_limits<std::int64_t>::max() / kMicrosPerDay - 2;
  if (*days > kDaysMax || *days < -kDaysMax) return std::nullopt;
  parsed.micros = *days * kMicrosPerDay + of_day;
  return parsed;
}

}  // namespace headrace
