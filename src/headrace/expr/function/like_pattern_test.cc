// Patterns against a matcher that tries everything.
#include "headrace/expr/function/like_pattern.h"

#include <random>
#include <string>

#include <doctest/doctest.h>

#include "headrace/expr/function/utf8.h"

namespace headrace {
namespace {

/// The definition: % matches every prefix, one after another. Without escapes.
bool slow_like(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '%') {
    std::string_view rest = pattern.substr(1);
    if (slow_like(text, rest)) return true;
    return !text.empty() && slow_like(text.substr(code_point_bytes(text[0])), pattern);
  }
  if (text.empty()) return false;
  std::size_t bytes = code_point_bytes(text[0]);
  if (pattern[0] == '_') return slow_like(text.substr(bytes), pattern.substr(1));
  std::size_t pattern_bytes = code_point_bytes(pattern[0]);
  return text.substr(0, bytes) == pattern.substr(0, pattern_bytes) &&
         slow_like(text.substr(bytes), pattern.substr(pattern_bytes));
}

std::string random_text(std::mt19937& random, std::initializer_list<std::string_view> parts, unsigned length_max) {
  std::string text;
  for (auto left = random() % (length_max + 1); left > 0; --left) text += parts.begin()[random() % parts.size()];
  return text;
}

TEST_CASE("a like pattern matches what trying every prefix matches") {
  std::mt19937 random(20130101);
  int matches = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text = random_text(random, {"a", "b", "ä", "日"}, 8);
    std::string pattern = random_text(random, {"a", "b", "ä", "日", "%", "_", "%", "_"}, 7);
    CAPTURE(text);
    CAPTURE(pattern);
    bool expected = slow_like(text, pattern);
    REQUIRE(LikePattern(pattern).matches(text) == expected);
    matches += expected ? 1 : 0;
  }
  CHECK(matches > 20'000);
}

TEST_CASE("a backslash takes the special meaning away") {
  CHECK(LikePattern("a\\%").matches("a%"));
  CHECK_FALSE(LikePattern("a\\%").matches("ab"));
  CHECK(LikePattern("a\\_%").matches("a_b"));
  CHECK_FALSE(LikePattern("a\\_%").matches("abb"));
  CHECK(LikePattern("\\\\").matches("\\"));
  CHECK(LikePattern("\\ü").problem() != "");
  CHECK(LikePattern("ü\\").problem() != "");
}

}  // namespace
}  // namespace headrace
