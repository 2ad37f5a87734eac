// LZ4 blocks (the raw format, without a frame): for data that is written and read again by one process.
#pragma once

#include <cstddef>
#include <span>

namespace headrace {

/// The most bytes that `input_bytes` can become.
std::size_t lz4_bytes_max(std::size_t input_bytes);

/// Compresses `input` into `output`, which has room for lz4_bytes_max() bytes; returns how many it takes. Thread-safe.
std::size_t lz4_compress(std::span<const std::byte> input, std::span<std::byte> output);

/// Fills `output` from `input`; throws Error(kIo) when `input` does not hold exactly so many bytes. Thread-safe.
void lz4_decompress(std::span<const std::byte> input, std::span<std::byte> output);

}  // namespace headrace
