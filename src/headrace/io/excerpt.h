// Text of unknown origin, made fit for a message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace headrace {

/// `text` in single quotes: control characters and bytes that are not UTF-8 as \n, \t, \xNN, and cut with '…' after
/// about `bytes_max` bytes.
std::string excerpt(std::string_view text, std::size_t bytes_max = 80);

/// Length of the longest prefix of `text` that is valid UTF-8 (no surrogates, no overlong forms); text.size() when all
/// is.
std::size_t valid_utf8_bytes(std::string_view text);

/// "'caf\xE9' is no valid UTF-8 from byte 3 on", of a text that is not.
std::string bad_utf8_message(std::string_view text);

}  // namespace headrace
