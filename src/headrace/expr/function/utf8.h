// UTF-8 text by code points. Strings of a column are valid UTF-8, so nothing here checks that again.
//
// A code point starts at every byte that is no continuation byte (10xxxxxx). Where all bytes are ASCII a position is a
// byte offset, which is the fast path of every function that counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "headrace/base/ascii.h"

namespace headrace {

constexpr bool starts_code_point(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

inline std::int64_t count_code_points(std::string_view text) {
  std::int64_t count = 0;
  for (char byte : text) count += starts_code_point(byte) ? 1 : 0;
  return count;
}

/// Byte offset where code point number `count` (from 0) starts, or text.size() when there are not so many.
inline std::size_t offset_of_code_point(std::string_view text, std::int64_t count) {
  std::size_t offset = 0;
  while (offset < text.size()) {
    if (starts_code_point(text[offset]) && count-- == 0) break;
    ++offset;
  }
  return offset;
}

/// Bytes of the code point that begins with `lead`.
constexpr std::size_t code_point_bytes(char lead) {
  auto byte = static_cast<unsigned char>(lead);
  if (byte < 0x80) return 1;
  if (byte < 0xE0) return 2;
  return byte < 0xF0 ? 3 : 4;
}

}  // namespace headrace
