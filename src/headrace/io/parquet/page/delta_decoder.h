// Decodes Parquet's DELTA_BINARY_PACKED integers.
//
//   page        block size, miniblocks a block, values in all: varints; first value: zigzag varint; blocks
//   block       least delta: zigzag varint; a width (1 byte) for each miniblock; miniblocks
//   miniblock   (block size / miniblocks) deltas less the least one, packed
//
// Sums wrap around, as the format wants it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace headrace {

class DeltaDecoder {
 public:
  DeltaDecoder() = default;
  /// `bytes` outlive the decoder.
  explicit DeltaDecoder(std::span<const std::byte> bytes);

  /// The values that the page declares and decode() has not given yet.
  std::uint64_t values_left() const { return values_left_; }
  /// The next `count` values, cut to 32 bits where T is std::int32_t. Throws PageError when there are not as many.
  template <typename T>
  void decode(T* out, std::size_t count);
  /// What follows the last value. Requires: values_left() is 0.
  std::span<const std::byte> rest() const { return bytes_; }

 private:
  std::uint64_t varint();
  void next_block();
  void next_miniblock();

  static constexpr std::size_t kChunk = 32;  // deltas unpacked at a time; miniblocks hold a multiple

  std::span<const std::byte> bytes_;
  std::size_t miniblocks_ = 0;        // a block
  std::size_t miniblock_values_ = 0;  // deltas in each
  std::uint64_t values_left_ = 0;
  std::uint64_t last_ = 0;
  bool has_first_ = false;  // the first value is still to give
  std::uint64_t delta_least_ = 0;
  std::span<const std::byte> widths_;  // of the miniblocks not begun
  std::span<const std::byte> packed_;  // of the miniblock at hand
  int width_ = 0;
  std::size_t miniblock_left_ = 0;  // deltas of it not unpacked yet
  std::array<std::uint64_t, kChunk> chunk_{};
  std::size_t chunk_at_ = kChunk;
};

}  // namespace headrace
