// See bare_dates.h.
#include "headrace/plan/file/bare_dates.h"

#include <fmt/format.h>

namespace headrace {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_char(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

/// Whether `text` begins with `pattern`, in which '0' stands for any digit.
bool begins_like(std::string_view text, std::string_view pattern) {
  if (text.size() < pattern.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '0' ? !is_digit(text[i]) : text[i] != pattern[i]) return false;
  }
  return true;
}

/// The length of the zone that `text` begins with: Z, +01, +0100, +01:00; or 0.
std::size_t zone_length(std::string_view text) {
  for (std::string_view pattern : {"Z", "+00:00", "-00:00", "+0000", "-0000", "+00", "-00"}) {
    if (begins_like(text, pattern)) return pattern.size();
  }
  return 0;
}

/// The length of the time that `text` begins with, after a date: T06:00, " 06:00:00.5Z"; or 0.
std::size_t time_length(std::string_view text) {
  if (!begins_like(text, "T00:00") && !begins_like(text, " 00:00")) return 0;
  std::size_t length = 6;
  if (begins_like(text.substr(length), ":00")) {
    length += 3;
    if (begins_like(text.substr(length), ".0")) {
      ++length;
      while (length < text.size() && is_digit(text[length])) ++length;
    }
  }
  return length + zone_length(text.substr(length));
}

/// The length of the text in quotes that `text` begins with.
std::size_t quoted_length(std::string_view text) {
  std::size_t end = text.find(text[0], 1);
  return end == std::string_view::npos ? text.size() : end + 1;
}

}  // namespace

std::string quote_bare_dates(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    bool in_word = !result.empty() && (is_name_char(result.back()) || result.back() == '.' || result.back() == '-');
    std::size_t length = 1;
    if (text[0] == '\'' || text[0] == '"' || text[0] == '`') {
      length = quoted_length(text);
    } else if (!in_word && begins_like(text, "0000-00-00")) {
      std::size_t time = time_length(text.substr(10));
      length = 10 + time;
      bool ends = length == text.size() || (!is_name_char(text[length]) && text[length] != '-');
      if (ends) {
        result += fmt::format("{} '{}'", time == 0 ? "date" : "timestamp", text.substr(0, length));
        text.remove_prefix(length);
        continue;
      }
    }
    result += text.substr(0, length);
    text.remove_prefix(length);
  }
  return result;
}

}  // namespace headrace
