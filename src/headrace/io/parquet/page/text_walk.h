// Walks over the texts of a page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "headrace/io/parquet/page/page_error.h"
#include "headrace/io/parquet/page/text_column.h"

namespace headrace {

inline constexpr std::size_t kTextLengthBytes = 4;

[[noreturn]] inline void texts_end_too_early() { damaged_page("the texts of a page end too early"); }

/// Calls visit(text) for each of `count` rows and moves `texts` behind them; rows with validity 0 are empty and take no
/// text. Throws PageError when the texts end too early.
template <typename Visit>
void walk_texts(PackedTexts& texts, std::int64_t count, const std::uint8_t* validity, Visit visit) {
  const std::byte* at = texts.bytes.data();
  const std::byte* end = at + texts.bytes.size();
  auto walk = [&](auto has_text, auto next_length) {
    for (std::int64_t row = 0; row < count; ++row) {
      if (!has_text(row)) {
        visit(std::span<const std::byte>());
        continue;
      }
      std::size_t size_bytes = next_length();
      if (static_cast<std::size_t>(end - at) < size_bytes) texts_end_too_early();
      visit(std::span<const std::byte>(at, size_bytes));
      at += size_bytes;
    }
  };
  auto length_in_front = [&]() -> std::size_t {
    std::uint32_t size_bytes;
    if (static_cast<std::size_t>(end - at) < kTextLengthBytes) texts_end_too_early();
    std::memcpy(&size_bytes, at, sizeof(size_bytes));
    at += kTextLengthBytes;
    return size_bytes;
  };
  auto length_apart = [&]() -> std::size_t {
    std::int32_t size_bytes = *texts.lengths++;
    if (size_bytes < 0) texts_end_too_early();
    return static_cast<std::size_t>(size_bytes);
  };
  auto always = [](std::int64_t) { return true; };
  auto where_valid = [&](std::int64_t row) { return validity[row] != 0; };
  if (texts.lengths == nullptr) {
    validity == nullptr ? walk(always, length_in_front) : walk(where_valid, length_in_front);
  } else {
    validity == nullptr ? walk(always, length_apart) : walk(where_valid, length_apart);
  }
  texts.bytes = {at, end};
}

}  // namespace headrace
