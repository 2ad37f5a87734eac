// See delta_encoder.h. Differences wrap around in the type's own width, as readers add them up.
#include "headrace/io/parquet/write/delta_encoder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <type_traits>

#include "headrace/io/parquet/write/bit_packer.h"

namespace headrace {
namespace {

constexpr std::size_t kMiniblockValues = 32;
constexpr std::size_t kMiniblocks = 4;
constexpr std::size_t kBlockValues = kMiniblockValues * kMiniblocks;
constexpr std::size_t kVarintBytesMax = 10;

std::byte* put_varint(std::uint64_t value, std::byte* out) {
  for (; value >= 0x80; value >>= 7) *out++ = static_cast<std::byte>(value | 0x80);
  *out++ = static_cast<std::byte>(value);
  return out;
}

std::byte* put_zigzag(std::int64_t value, std::byte* out) {
  return put_varint(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63), out);
}

/// Appends the block of the `count` values behind `before`.
template <typename T>
std::byte* put_block(T before, const T* values, std::size_t count, std::byte* out) {
  using Unsigned = std::make_unsigned_t<T>;
  std::array<Unsigned, kBlockValues> deltas{};
  for (std::size_t i = 0; i < count; ++i) {
    T last = i == 0 ? before : values[i - 1];
    deltas[i] = static_cast<Unsigned>(values[i]) - static_cast<Unsigned>(last);
  }
  T least = static_cast<T>(deltas[0]);
  for (std::size_t i = 1; i < count; ++i) least = std::min(least, static_cast<T>(deltas[i]));
  for (std::size_t i = 0; i < count; ++i) deltas[i] -= static_cast<Unsigned>(least);

  out = put_zigzag(least, out);
  std::byte* widths = out;
  out += kMiniblocks;
  for (std::size_t block = 0; block < kMiniblocks; ++block) {
    const Unsigned* start = deltas.data() + block * kMiniblockValues;
    Unsigned all = 0;
    for (std::size_t i = 0; i < kMiniblockValues; ++i) all |= start[i];
    unsigned width = static_cast<unsigned>(std::bit_width(all));
    widths[block] = static_cast<std::byte>(width);
    if (block * kMiniblockValues < count) out = pack_bits(start, kMiniblockValues, width, out);
  }
  return out;
}

template <typename T>
void put(std::span<const T> values, GrowingBytes& out) {
  std::byte* header = out.room(4 * kVarintBytesMax);
  std::byte* end = put_varint(kBlockValues, header);
  end = put_varint(kMiniblocks, end);
  end = put_varint(values.size(), end);
  end = put_zigzag(values.empty() ? 0 : values[0], end);
  out.add(static_cast<std::size_t>(end - header));
  for (std::size_t start = 1; start < values.size(); start += kBlockValues) {
    std::size_t count = std::min(kBlockValues, values.size() - start);
    std::byte* block = out.room(kVarintBytesMax + kMiniblocks + kBlockValues * sizeof(T) + kPackSlackBytes);
    std::byte* block_end = put_block(values[start - 1], values.data() + start, count, block);
    out.add(static_cast<std::size_t>(block_end - block));
  }
}

}  // namespace

void put_delta(std::span<const std::int32_t> values, GrowingBytes& out) { put(values, out); }
void put_delta(std::span<const std::int64_t> values, GrowingBytes& out) { put(values, out); }

}  // namespace headrace
