// Upper and lower case of Unicode text, independent of any language, as the Unicode Standard defines it (section 3.13,
// toUppercase and toLowercase): 'ß' becomes 'SS', a sigma that ends a word becomes 'ς'.
//
// Mappings of one code point to one come from utf8proc; the few that give several code points or look at their context
// (SpecialCasing.txt, its rules without a language) stand in case_mapping.cc.
#pragma once

#include <string>
#include <string_view>

namespace headrace {

/// Appends the upper case of valid UTF-8 `text` to `out`.
void append_upper(std::string_view text, std::string& out);
/// Appends the lower case of valid UTF-8 `text` to `out`.
void append_lower(std::string_view text, std::string& out);

}  // namespace headrace
