// Long texts cut for messages.
#pragma once

#include <cstddef>
#include <string>

namespace headrace {

/// The beginning of a text of valid UTF-8 that is longer than `bytes_max`, not cut inside a character, and '…'.
inline std::string shorten(std::string text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return text.substr(0, end) + "…";
}

}  // namespace headrace
