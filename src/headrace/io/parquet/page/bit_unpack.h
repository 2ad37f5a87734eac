// Unpacks integers of a few bits: little-endian, the first value in the least significant bits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace headrace {

/// Bytes that `count` values of `width` bits take, rounded up.
constexpr std::size_t packed_bytes(std::size_t count, int width) {
  return (count * static_cast<std::size_t>(width) + 7) / 8;
}

/// Unpacks `count` values of `width` bits (0 … 32). Reads packed_bytes(count, width) bytes and no more.
void unpack_bits(const std::byte* packed, int width, std::size_t count, std::uint32_t* out);
/// The same for values that fit a byte: `width` is 0 … 8.
void unpack_bits(const std::byte* packed, int width, std::size_t count, std::uint8_t* out);
/// The same for wide values: `width` is 0 … 64.
void unpack_bits(const std::byte* packed, int width, std::size_t count, std::uint64_t* out);

}  // namespace headrace
