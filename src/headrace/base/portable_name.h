// Names that neither lead elsewhere nor mean anything in a glob or a shell.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace headrace {

/// Of a name, and of a path of them.
inline constexpr std::size_t kPortableNameBytesMax = 512;

/// Of the POSIX portable filename character set: letters, digits, '.', '_' and '-'.
constexpr bool is_portable_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

constexpr bool is_portable_name(std::string_view name) {
  return !name.empty() && name.size() <= kPortableNameBytesMax && name.front() != '.' &&
         std::ranges::all_of(name, is_portable_character);
}

}  // namespace headrace
