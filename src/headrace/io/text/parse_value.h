// The common forms of values, read fast.
//
// Each function reads one value from text of which at least 16 more bytes may be read, and returns false on anything
// unusual, blanks, exponents, many digits: the caller then asks the full parsers of column/, whose answer for the
// common forms is the same (parse_value_test.cc). Eight digits are read at once, as the bytes of a 64-bit word, so that
// their number costs no mispredicted branch. Inlined by force: a call costs as much as the work.
#pragma once

#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

#include "headrace/column/calendar.h"

namespace headrace {

/// The value of 0 to 8 digits in the low `count` bytes of `word`, the first digit lowest; false if others are among
/// them.
[[gnu::always_inline]] inline bool digits_value(std::uint64_t word, std::size_t count, std::uint64_t& value) {
  // Move the digits to the high end and put zeros before them.
  std::uint64_t unused_bits = 64 - 8 * count;
  std::uint64_t zeros = 0x3030303030303030;
  word = count == 0 ? zeros : (word << unused_bits) | (count == 8 ? 0 : zeros >> (8 * count));
  std::uint64_t digits = word ^ zeros;
  if (((digits | (digits + 0x7676767676767676)) & 0x8080808080808080) != 0) return false;
  digits = (digits * 10 + (digits >> 8)) & 0x00FF00FF00FF00FF;
  digits = (digits * 100 + (digits >> 16)) & 0x0000FFFF0000FFFF;
  value = (digits * 10'000 + (digits >> 32)) & 0x00000000FFFFFFFF;
  return true;
}

inline std::uint64_t load_word(const char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

/// An integer of at most 16 digits.
template <typename T>
[[gnu::always_inline]] inline bool read_integer(const char* at, std::size_t size, T& value) {
  std::size_t sign_bytes = size > 0 && *at == '-' ? 1 : 0;
  at += sign_bytes;
  size -= sign_bytes;
  std::uint64_t magnitude = 0;
  if (size - 1 < 8) {
    if (!digits_value(load_word(at), size, magnitude)) return false;
  } else {
    if (size - 1 >= 16) return false;
    std::uint64_t high;
    if (!digits_value(load_word(at), size - 8, high) || !digits_value(load_word(at + size - 8), 8, magnitude))
      return false;
    magnitude += high * 100'000'000;
  }
  std::int64_t result = sign_bytes != 0 ? -static_cast<std::int64_t>(magnitude) : static_cast<std::int64_t>(magnitude);
  value = static_cast<T>(result);
  return value == result;
}

/// The digits of "1", "1.5", ".5" with at most 15 of them, and how many stand behind the point.
[[gnu::always_inline]] inline bool read_digits(const char* at, std::size_t size, std::uint64_t& digits,
                                               unsigned& scale) {
  scale = 0;
  if (size - 1 < 8) {
    std::uint64_t word = load_word(at);
    // A byte becomes zero where the point is, and its high bit one in `points` (the lowest such is exact).
    std::uint64_t differences = word ^ 0x2E2E2E2E2E2E2E2E;
    std::uint64_t points = (differences - 0x0101010101010101) & ~differences & 0x8080808080808080;
    std::size_t point = points == 0 ? 8 : static_cast<std::size_t>(__builtin_ctzll(points)) / 8;
    if (point >= size) return digits_value(word, size, digits);
    std::uint64_t before = word & ((std::uint64_t{1} << (8 * point)) - 1);
    word = before | ((word >> 8) & ~((std::uint64_t{1} << (8 * point)) - 1));
    scale = static_cast<unsigned>(size - 1 - point);
    return size > 1 && digits_value(word, size - 1, digits);
  }
  if (size == 0 || size > 16) return false;
  digits = 0;
  std::size_t count = 0;
  std::size_t point = size;
  for (std::size_t i = 0; i < size; ++i) {
    unsigned digit = static_cast<unsigned char>(at[i]) - unsigned{'0'};
    if (digit <= 9) {
      digits = digits * 10 + digit;
      ++count;
    } else if (at[i] == '.' && point == size) {
      point = i;
    } else {
      return false;
    }
  }
  if (point < size) scale = static_cast<unsigned>(size - 1 - point);
  return count > 0 && count <= 15;
}

/// A float without an exponent. Digits and power of ten are exact in T, so that the one division rounds correctly.
template <typename T>
[[gnu::always_inline]] inline bool read_float(const char* at, std::size_t size, T& value) {
  static constexpr T kPowers[] = {
      static_cast<T>(1e0),  static_cast<T>(1e1),  static_cast<T>(1e2),  static_cast<T>(1e3),
      static_cast<T>(1e4),  static_cast<T>(1e5),  static_cast<T>(1e6),  static_cast<T>(1e7),
      static_cast<T>(1e8),  static_cast<T>(1e9),  static_cast<T>(1e10), static_cast<T>(1e11),
      static_cast<T>(1e12), static_cast<T>(1e13), static_cast<T>(1e14), static_cast<T>(1e15)};
  constexpr std::uint64_t kExactMax = std::uint64_t{1} << std::numeric_limits<T>::digits;
  constexpr unsigned kScaleMax = sizeof(T) == 4 ? 10 : 15;
  std::size_t sign_bytes = size > 0 && *at == '-' ? 1 : 0;
  std::uint64_t digits;
  unsigned scale;
  if (!read_digits(at + sign_bytes, size - sign_bytes, digits, scale)) return false;
  if (digits > kExactMax || scale > kScaleMax) return false;
  T magnitude = static_cast<T>(digits) / kPowers[scale];
  value = sign_bytes != 0 ? -magnitude : magnitude;
  return true;
}

/// "true" or "false" in any case.
inline bool read_bool(const char* at, std::size_t size, std::uint8_t& value) {
  std::uint64_t word = load_word(at) | 0x2020202020202020;
  value = 1;
  if (size == 4 && (word & 0xFFFFFFFF) == 0x65757274) return true;  // "true", its first letter lowest
  value = 0;
  return size == 5 && (word & 0xFFFFFFFFFF) == 0x65736C6166;  // "false"
}

/// "2013-01-31", 10 bytes, as days since 1970-01-01.
inline bool read_date(const char* at, std::int32_t& days) {
  std::uint64_t year;
  std::uint64_t month;
  std::uint64_t day;
  bool has_form = at[4] == '-' && at[7] == '-' && digits_value(load_word(at), 4, year) &&
                  digits_value(load_word(at + 5), 2, month) && digits_value(load_word(at + 8), 2, day);
  if (!has_form || month < 1 || month > 12) return false;
  CivilDate date{
      .year = static_cast<std::int64_t>(year), .month = static_cast<int>(month), .day = static_cast<int>(day)};
  if (day < 1 || date.day > days_in_month(date.year, date.month)) return false;
  days = static_cast<std::int32_t>(days_from_civil(date));
  return true;
}

/// Reads timestamps. Rows of a log are sorted by time, so the day of the one before is looked at first.
class TimestampReader {
 public:
  /// "2013-01-31T23:59:59" or with a blank for the T, 19 bytes, as microseconds since 1970-01-01.
  bool read_seconds(const char* at, std::int64_t& micros) {
    std::uint64_t hour;
    std::uint64_t minute;
    std::uint64_t second;
    bool has_form = (at[10] == 'T' || at[10] == ' ') && at[13] == ':' && at[16] == ':' &&
                    digits_value(load_word(at + 11), 2, hour) && digits_value(load_word(at + 14), 2, minute) &&
                    digits_value(load_word(at + 17), 2, second);
    if (!has_form || hour > 23 || minute > 59 || second > 59) return false;
    if (std::memcmp(at, day_text_, sizeof(day_text_)) != 0) {
      std::int32_t days;
      if (!read_date(at, days)) return false;
      std::memcpy(day_text_, at, sizeof(day_text_));
      day_micros_ = days * kMicrosPerDay;
    }
    micros = day_micros_ + static_cast<std::int64_t>(hour * 3600 + minute * 60 + second) * kMicrosPerSecond;
    return true;
  }

  /// The same with up to six digits of a second behind it and, where `has_zone`, a 'Z'.
  bool read(const char* at, std::size_t size, bool has_zone, std::int64_t& micros) {
    if (size < 19) return false;
    if (has_zone && at[size - 1] == 'Z') --size;
    if (size == 19) return read_seconds(at, micros);
    std::size_t digit_count = size - 20;
    if (size < 21 || digit_count > 6 || at[19] != '.') return false;
    std::uint64_t fraction;
    if (!digits_value(load_word(at + 20), digit_count, fraction) || !read_seconds(at, micros)) return false;
    constexpr std::int64_t kUnits[] = {0, 100'000, 10'000, 1'000, 100, 10, 1};
    micros += static_cast<std::int64_t>(fraction) * kUnits[digit_count];
    return true;
  }

 private:
  char day_text_[10] = {'1', '9', '7', '0', '-', '0', '1', '-', '0', '1'};
  std::int64_t day_micros_ = 0;
};

}  // namespace headrace
