// See bit_packer.h. One loop for each width, so that all shifts are constants. 8 values become one or two words of 4 or
// 8 values each.
#include "headrace/io/parquet/write/bit_packer.h"

#include <array>
#include <cstring>
#include <utility>

namespace headrace {
namespace {

__extension__ typedef unsigned __int128 UInt128;

template <unsigned kWidth>
void put_eight(const std::uint32_t* values, std::byte* out) {
  auto at = [&](int i) { return std::uint64_t{values[i]}; };
  if constexpr (kWidth <= 8) {
    std::uint64_t low = at(0) | at(1) << kWidth | at(2) << 2 * kWidth | at(3) << 3 * kWidth;
    std::uint64_t high = at(4) | at(5) << kWidth | at(6) << 2 * kWidth | at(7) << 3 * kWidth;
    std::uint64_t word = low | high << 4 * kWidth;
    std::memcpy(out, &word, sizeof(word));
  } else if constexpr (kWidth <= 16) {
    std::uint64_t low = at(0) | at(1) << kWidth | at(2) << 2 * kWidth | at(3) << 3 * kWidth;
    std::uint64_t high = at(4) | at(5) << kWidth | at(6) << 2 * kWidth | at(7) << 3 * kWidth;
    UInt128 words = low | static_cast<UInt128>(high) << 4 * kWidth;
    std::memcpy(out, &words, sizeof(words));
  } else {
    auto four = [&](int i) {
      std::uint64_t low = at(i) | at(i + 1) << kWidth;
      std::uint64_t high = at(i + 2) | at(i + 3) << kWidth;
      return low | static_cast<UInt128>(high) << 2 * kWidth;
    };
    UInt128 first = four(0);
    UInt128 second = four(4);
    constexpr unsigned kFourBits = 4 * kWidth;
    // Of an odd width, four values end in the middle of a byte, which the next four begin in.
    if constexpr (kFourBits % 8 != 0) second = second << 4 | first >> (kFourBits - 4);
    std::memcpy(out, &first, sizeof(first));
    std::memcpy(out + kFourBits / 8, &second, sizeof(second));
  }
}

template <unsigned kWidth>
std::byte* pack(const std::uint32_t* values, std::size_t count, std::byte* out) {
  for (std::size_t i = 0; i < count; i += 8, out += kWidth) put_eight<kWidth>(values + i, out);
  return out;
}

using Pack = std::byte* (*)(const std::uint32_t*, std::size_t, std::byte*);

template <std::size_t... kWidths>
constexpr std::array<Pack, sizeof...(kWidths)> pack_functions(std::index_sequence<kWidths...>) {
  return {&pack<kWidths>...};
}

constexpr auto kPack = pack_functions(std::make_index_sequence<33>());

}  // namespace

std::byte* pack_bits(const std::uint32_t* values, std::size_t count, unsigned width, std::byte* out) {
  return kPack[width](values, count, out);
}

std::byte* pack_bits(const std::uint64_t* values, std::size_t count, unsigned width, std::byte* out) {
  if (width <= 32) {
    std::array<std::uint32_t, 32> narrow;
    for (std::size_t start = 0; start < count; start += narrow.size()) {
      std::size_t piece = count - start < narrow.size() ? count - start : narrow.size();
      for (std::size_t i = 0; i < piece; ++i) narrow[i] = static_cast<std::uint32_t>(values[start + i]);
      out = kPack[width](narrow.data(), piece, out);
    }
    return out;
  }
  UInt128 pending = 0;
  unsigned pending_bits = 0;  // below 64
  for (std::size_t i = 0; i < count; ++i) {
    pending |= static_cast<UInt128>(values[i]) << pending_bits;
    pending_bits += width;
    if (pending_bits < 64) continue;
    std::uint64_t word = static_cast<std::uint64_t>(pending);
    std::memcpy(out, &word, sizeof(word));
    out += sizeof(word);
    pending >>= 64;
    pending_bits -= 64;
  }
  std::uint64_t word = static_cast<std::uint64_t>(pending);
  std::memcpy(out, &word, sizeof(word));
  return out + pending_bits / 8;
}

}  // namespace headrace
