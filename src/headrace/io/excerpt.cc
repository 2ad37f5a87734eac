// See excerpt.h.
#include "headrace/io/excerpt.h"

#include <cstdint>
#include <cstring>

#include <fmt/format.h>

namespace headrace {
namespace {

/// Bytes of the valid UTF-8 character at the start of a text that is not empty, 0 if there is none.
std::size_t character_bytes(std::string_view text) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto continues = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
  unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!continues(1) || !continues(2)) return 0;
    bool overlong = first == 0xE0 && byte(1) < 0xA0;
    bool surrogate = first == 0xED && byte(1) >= 0xA0;
    return overlong || surrogate ? 0 : 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    bool overlong = first == 0xF0 && byte(1) < 0x90;
    bool beyond_unicode = first == 0xF4 && byte(1) >= 0x90;
    return overlong || beyond_unicode ? 0 : 4;
  }
  return 0;
}

}  // namespace

std::size_t valid_utf8_bytes(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    std::uint64_t word = 0;
    while (at + sizeof(word) <= text.size()) {
      std::memcpy(&word, text.data() + at, sizeof(word));
      if ((word & 0x8080808080808080) != 0) break;
      at += sizeof(word);
    }
    if (at == text.size()) break;
    std::size_t bytes = character_bytes(text.substr(at));
    if (bytes == 0) return at;
    at += bytes;
  }
  return at;
}

std::string excerpt(std::string_view text, std::size_t bytes_max) {
  std::string result = "'";
  std::size_t at = 0;
  while (at < text.size() && at < bytes_max) {
    std::size_t bytes = character_bytes(text.substr(at));
    unsigned char c = static_cast<unsigned char>(text[at]);
    if (bytes == 1 && c == '\n') {
      result += "\\n";
    } else if (bytes == 1 && c == '\r') {
      result += "\\r";
    } else if (bytes == 1 && c == '\t') {
      result += "\\t";
    } else if (bytes == 0 || c < 0x20 || c == 0x7F) {
      result += fmt::format("\\x{:02X}", c);
      bytes = 1;
    } else {
      result += text.substr(at, bytes);
    }
    at += bytes;
  }
  if (at < text.size()) result += "…";
  return result + "'";
}

std::string bad_utf8_message(std::string_view text) {
  return fmt::format("{} is no valid UTF-8 from byte {} on", excerpt(text), valid_utf8_bytes(text));
}

}  // namespace headrace
