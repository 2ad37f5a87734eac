// See number_text.h. The standard's shortest conversion gives the digits; the layout around them is ours.
#include "headrace/column/number_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace headrace {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

template <typename T>
std::string format_float(T value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  if (value == 0) return std::signbit(value) ? "-0.0" : "0.0";
  // "d.ddde±xx", the shortest digits that read back.
  char buffer[64];
  auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::scientific);
  std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  std::string result;
  if (text.front() == '-') {
    result = "-";
    text.remove_prefix(1);
  }
  std::size_t e = text.find('e');
  int exponent = 0;
  std::string_view exponent_text = text.substr(e + 1);
  if (exponent_text.front() == '+') exponent_text.remove_prefix(1);
  std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);
  std::string digits(1, text[0]);
  if (e > 1) digits += text.substr(2, e - 2);
  if (exponent < -3 || exponent >= 7) {
    result += digits[0];
    result += '.';
    result += digits.size() > 1 ? digits.substr(1) : "0";
    return result + "E" + std::to_string(exponent);
  }
  if (exponent < 0) return result + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  std::size_t whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) digits.append(whole + 1 - digits.size(), '0');
  return result + digits.substr(0, whole) + "." + digits.substr(whole);
}

template <typename T>
std::optional<T> parse_float(std::string_view given) {
  std::string_view text = trim_blanks(given);
  bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  if (!is_digit(text.front()) && text.front() != '.') {
    std::string word(text);
    std::transform(word.begin(), word.end(), word.begin(), to_lower);
    if (word == "inf" || word == "infinity") {
      return negative ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::infinity();
    }
    if (word == "nan") return std::numeric_limits<T>::quiet_NaN();
    return std::nullopt;
  }
  T value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    std::optional<NumberText> parts = split_number(text);
    if (!parts) return std::nullopt;
    value = parts->point > 0 ? std::numeric_limits<T>::infinity() : T{0};
  }
  return negative ? -value : value;
}

}  // namespace

std::string format_float64(double value) { return format_float(value); }
std::string format_float32(float value) { return format_float(value); }
std::optional<double> parse_float64(std::string_view text) { return parse_float<double>(text); }
std::optional<float> parse_float32(std::string_view text) { return parse_float<float>(text); }

std::optional<std::int64_t> parse_int64(std::string_view given, bool* is_number) {
  if (is_number != nullptr) *is_number = false;
  std::string_view text = trim_blanks(given);
  if (!text.empty() && text.front() == '+') {
    text.remove_prefix(1);
    if (!text.empty() && text.front() == '-') return std::nullopt;
  }
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return std::nullopt;
  if (is_number != nullptr) *is_number = true;
  if (error != std::errc()) return std::nullopt;
  return value;
}

std::optional<NumberText> split_number(std::string_view given) {
  std::string_view text = trim_blanks(given);
  NumberText parts;
  std::size_t at = 0;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) parts.negative = text[at++] == '-';
  std::size_t digits = 0;
  bool after_point = false;
  for (; at < text.size(); ++at) {
    char c = text[at];
    if (c == '.' && !after_point) {
      after_point = true;
      continue;
    }
    if (!is_digit(c)) break;
    ++digits;
    bool leading_zero = c == '0' && parts.digits.empty();
    if (!leading_zero) parts.digits += c;
    if (!after_point && !leading_zero) ++parts.point;
    if (after_point && leading_zero) --parts.point;
  }
  if (digits == 0) return std::nullopt;
  if (at < text.size()) {
    if (text[at] != 'e' && text[at] != 'E') return std::nullopt;
    std::string_view rest = text.substr(at + 1);
    bool negative_exponent = !rest.empty() && rest.front() == '-';
    if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) rest.remove_prefix(1);
    if (rest.empty() || !std::all_of(rest.begin(), rest.end(), is_digit)) return std::nullopt;
    std::int64_t exponent = 0;
    for (char c : rest) exponent = std::min<std::int64_t>(exponent * 10 + (c - '0'), 1'000'000'000);
    parts.point += negative_exponent ? -exponent : exponent;
  }
  while (!parts.digits.empty() && parts.digits.back() == '0') parts.digits.pop_back();
  if (parts.digits.empty()) parts.point = 0;
  return parts;
}

std::string_view trim_blanks(std::string_view text) {
  auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace headrace
