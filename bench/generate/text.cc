// Pieces of text. See text.h.
#include "bench/generate/text.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "headrace/column/calendar.h"

namespace headrace::bench {
namespace {

constexpr std::array<std::int64_t, 7> kPowers = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000};

/// Digits after the point that are not zeros at the end, at least one.
int digits_needed(std::int64_t fraction, int decimals) {
  while (decimals > 1 && fraction % 10 == 0) {
    fraction /= 10;
    --decimals;
  }
  return decimals;
}

void append_padded(std::string& text, std::int64_t number, int width) {
  std::array<char, 8> digits{};
  for (int i = width - 1; i >= 0; --i) {
    digits[static_cast<std::size_t>(i)] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  text.append(digits.data(), static_cast<std::size_t>(width));
}

}  // namespace

int digit_count(std::int64_t number) {
  int count = 1;
  for (; number >= 10; number /= 10) ++count;
  return count;
}

void append_number(std::string& text, std::int64_t number) {
  fmt::format_int digits(number);
  text.append(digits.data(), digits.size());
}

void append_decimal(std::string& text, std::int64_t units, int decimals) {
  if (units < 0) text += '-';
  std::int64_t power = kPowers[static_cast<std::size_t>(decimals)];
  std::int64_t magnitude = units < 0 ? -units : units;
  append_number(text, magnitude / power);
  text += '.';
  std::int64_t fraction = magnitude % power;
  int needed = digits_needed(fraction, decimals);
  append_padded(text, fraction / kPowers[static_cast<std::size_t>(decimals - needed)], needed);
}

int decimal_size(std::int64_t units, int decimals) {
  std::int64_t power = kPowers[static_cast<std::size_t>(decimals)];
  std::int64_t magnitude = units < 0 ? -units : units;
  return (units < 0 ? 1 : 0) + digit_count(magnitude / power) + 1 + digits_needed(magnitude % power, decimals);
}

void append_hex(std::string& text, std::uint64_t bits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<char, 16> digits{};
  for (char& digit : digits) {
    digit = kDigits[bits & 15];
    bits >>= 4;
  }
  text.append(digits.data(), digits.size());
}

void append_token(std::string& text, std::uint64_t bits, int count) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<char, 10> letters{};
  for (char& letter : letters) {
    letter = kLetters[bits & 63];
    bits >>= 6;
  }
  text.append(letters.data(), static_cast<std::size_t>(count));
}

void append_time(std::string& text, std::int64_t micros) {
  append_date(text, day_of_timestamp(micros));
  std::int64_t of_day = micros_of_day(micros);
  std::int64_t seconds = of_day / kMicrosPerSecond;
  text += 'T';
  append_padded(text, seconds / 3600, 2);
  text += ':';
  append_padded(text, seconds / 60 % 60, 2);
  text += ':';
  append_padded(text, seconds % 60, 2);
  text += '.';
  append_padded(text, of_day % kMicrosPerSecond, 6);
  text += 'Z';
}

void append_date(std::string& text, std::int64_t days) {
  CivilDate date = civil_from_days(days);
  append_padded(text, date.year, 4);
  text += '-';
  append_padded(text, date.month, 2);
  text += '-';
  append_padded(text, date.day, 2);
}

void append_quoted(std::string& text, std::string_view field) {
  text += '"';
  for (char c : field) {
    if (c == '"') text += '"';
    text += c;
  }
  text += '"';
}

std::int64_t csv_size(std::string_view field) {
  auto size = static_cast<std::int64_t>(field.size());
  if (field.find_first_of(",\"\n\r") == std::string_view::npos) return size;
  return size + 2 + std::count(field.begin(), field.end(), '"');
}

}  // namespace headrace::bench
