// Whether text is ASCII: the fast path of much that works with UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace headrace {

constexpr bool is_ascii(char byte) { return static_cast<unsigned char>(byte) < 0x80; }

inline bool is_ascii(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  auto load = [&](std::size_t at) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, kWord);
    return word;
  };
  std::size_t at = 0;
  for (; at + 4 * kWord <= text.size(); at += 4 * kWord) {
    std::uint64_t any = load(at) | load(at + kWord) | load(at + 2 * kWord) | load(at + 3 * kWord);
    if ((any & kHighBits) != 0) return false;
  }
  std::uint64_t any = 0;
  for (; at + kWord <= text.size(); at += kWord) any |= load(at);
  for (; at < text.size(); ++at) any |= static_cast<unsigned char>(text[at]);
  return (any & kHighBits) == 0;
}

}  // namespace headrace
