// Parquet's DELTA_BINARY_PACKED: integers as differences to the one before.
//
//   header   varints: values a block (128), miniblocks a block (4), number of values; zigzag varint: the first value
//   block    zigzag varint: the least difference; a byte a miniblock: its width; the differences less the least one,
//            packed, 32 a miniblock; miniblocks behind the last value have width 0 and no bytes
#pragma once

#include <cstdint>
#include <span>

#include "headrace/io/parquet/write/growing_bytes.h"

namespace headrace {

void put_delta(std::span<const std::int32_t> values, GrowingBytes& out);
void put_delta(std::span<const std::int64_t> values, GrowingBytes& out);

}  // namespace headrace
