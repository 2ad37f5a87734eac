// Case mapping at the places where one code point is not simply replaced by one other.
#include "headrace/expr/function/case_mapping.h"

#include <doctest/doctest.h>

namespace headrace {
namespace {

std::string upper(std::string_view text) {
  std::string out;
  append_upper(text, out);
  return out;
}

std::string lower(std::string_view text) {
  std::string out;
  append_lower(text, out);
  return out;
}

TEST_CASE("code points that become several in upper case") {
  CHECK(upper("ß") == "SS");
  CHECK(upper("ŉ") == "ʼN");
  CHECK(upper("ﬃ") == "FFI");
  CHECK(upper("ᾀ ᾈ ᾯ") == "ἈΙ ἈΙ ὯΙ");
  CHECK(upper("ῷ") == "Ω͂Ι");
  CHECK(upper("ﬗ") == "ՄԽ");
  CHECK(upper("և") == "ԵՒ");
  CHECK(upper("ǆ") == "Ǆ");
}

TEST_CASE("a capital sigma becomes final where a word ends") {
  CHECK(lower("ΟΔΟΣ") == "οδος");
  CHECK(lower("ΟΔΟΣ ΣΑΣ.") == "οδος σας.");
  CHECK(lower("Σ") == "σ");
  CHECK(lower("ΑΣ'Α") == "ασ'α");
  CHECK(lower("ΑΣ'") == "ας'");
  CHECK(lower("1Σ") == "1σ");
}

TEST_CASE("a capital I with a dot keeps it") { CHECK(lower("İ") == "i\xCC\x87"); }

}  // namespace
}  // namespace headrace
