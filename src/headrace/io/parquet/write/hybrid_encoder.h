// Parquet's hybrid of run lengths and bit packing, for dictionary indices, levels and booleans.
//
//   run      varint: length × 2            the value, in ⌈width / 8⌉ bytes
//   packed   varint: groups of 8 × 2 + 1   width bytes a group; the last group may be filled up with zeros
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "headrace/io/parquet/write/growing_bytes.h"

namespace headrace {

/// Bits that numbers up to `value_max` take.
unsigned bit_width(std::uint64_t value_max);

/// Appends `values`, each below 2^width, width <= 32.
void put_hybrid(std::span<const std::uint32_t> values, unsigned width, GrowingBytes& out);
/// The same for levels and booleans, width <= 8.
void put_hybrid(std::span<const std::uint8_t> values, unsigned width, GrowingBytes& out);
/// Appends `count` times the same value.
void put_hybrid_run(std::uint32_t value, std::size_t count, unsigned width, GrowingBytes& out);

}  // namespace headrace
