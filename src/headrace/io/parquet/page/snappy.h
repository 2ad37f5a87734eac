// Decompresses snappy blocks.
//
//   block     varint of the decompressed size; elements
//   literal   tag 00: length - 1 in 6 bits, or from 60 on the number of bytes that hold it; the bytes
//   copy      tag 01, 10, 11: length, and how far back the bytes lie, which may overlap what is written
//
// It works on buffers with slack behind them: whole blocks of 16 bytes are moved where fewer are meant, so the common
// element costs a few checks and two moves. Compressing is left to Arrow's codec.
#pragma once

#include <cstddef>
#include <span>

namespace headrace {

/// What may be read behind the input and written behind the output.
inline constexpr std::size_t kSnappySlackBytes = 64;

/// Decompresses `in` into `out`; false unless it is a valid block of exactly out.size() bytes. Reads and writes within
/// the spans and their slack whatever the bytes are.
bool snappy_decompress(std::span<const std::byte> in, std::span<std::byte> out);

}  // namespace headrace
