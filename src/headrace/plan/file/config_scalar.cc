// The core schema of YAML 1.2 (section 10.3.2 of its specification): what a plain scalar means.
#include <cctype>
#include <charconv>
#include <limits>
#include <string>

#include "headrace/plan/file/config.h"

namespace headrace {
namespace {

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> spellings) {
  for (std::string_view spelling : spellings) {
    if (text == spelling) return true;
  }
  return false;
}

std::string_view without_sign(std::string_view text) {
  return !text.empty() && (text[0] == '-' || text[0] == '+') ? text.substr(1) : text;
}

/// How many of the first characters of `text` are digits of `base`.
std::size_t digit_count(std::string_view text, int base = 10) {
  std::size_t count = 0;
  while (count < text.size()) {
    char c = text[count];
    bool decimal = c >= '0' && c <= (base == 8 ? '7' : '9');
    if (!decimal && !(base == 16 && std::isxdigit(static_cast<unsigned char>(c)) != 0)) break;
    ++count;
  }
  return count;
}

/// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool looks_like_float(std::string_view text) {
  text = without_sign(text);
  std::size_t whole = digit_count(text);
  text.remove_prefix(whole);
  if (!text.empty() && text[0] == '.') {
    std::size_t fraction = digit_count(text.substr(1));
    if (whole + fraction == 0) return false;
    text.remove_prefix(1 + fraction);
  } else if (whole == 0) {
    return false;
  }
  if (text.empty()) return true;
  if (text[0] != 'e' && text[0] != 'E') return false;
  text = without_sign(text.substr(1));
  return !text.empty() && digit_count(text) == text.size();
}

std::optional<Value> parse_integer(std::string_view digits, int base) {
  if (digits[0] == '+') digits.remove_prefix(1);
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return Value::int64(value);
}

std::optional<Value> parse_float(std::string_view text) {
  if (text[0] == '+') text.remove_prefix(1);
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return Value::float64(value);
}

}  // namespace

std::optional<Value> resolve_plain_scalar(std::string_view text) {
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return Value::null();
  if (is_one_of(text, {"true", "True", "TRUE"})) return Value::boolean(true);
  if (is_one_of(text, {"false", "False", "FALSE"})) return Value::boolean(false);
  std::string_view digits = without_sign(text);
  if (!digits.empty() && digit_count(digits) == digits.size()) return parse_integer(text, 10);
  for (auto [prefix, base] : {std::pair{"0o", 8}, std::pair{"0x", 16}}) {
    if (!text.starts_with(prefix) || text.size() == 2) continue;
    if (digit_count(text.substr(2), base) == text.size() - 2) return parse_integer(text.substr(2), base);
  }
  if (is_one_of(digits, {".inf", ".Inf", ".INF"})) {
    double infinity = std::numeric_limits<double>::infinity();
    return Value::float64(text[0] == '-' ? -infinity : infinity);
  }
  if (is_one_of(text, {".nan", ".NaN", ".NAN"})) return Value::float64(std::numeric_limits<double>::quiet_NaN());
  if (looks_like_float(text)) return parse_float(text);
  return Value::string(std::string(text));
}

}  // namespace headrace
