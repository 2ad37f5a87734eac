// Unsigned values of a fixed number of bits, one after another, least significant bit first, as Parquet packs them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace headrace {

/// Bytes that pack_bits() may write behind the packed ones.
inline constexpr std::size_t kPackSlackBytes = 16;

/// Packs `count` values, a multiple of 8, of `width` <= 32 bits to `out` and returns the end: count × width / 8 bytes.
/// Requires: every value fits `width` bits; room for the bytes and kPackSlackBytes more.
std::byte* pack_bits(const std::uint32_t* values, std::size_t count, unsigned width, std::byte* out);
/// The same for values of `width` <= 64 bits.
std::byte* pack_bits(const std::uint64_t* values, std::size_t count, unsigned width, std::byte* out);

}  // namespace headrace
