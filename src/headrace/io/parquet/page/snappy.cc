// See snappy.h.
#include "headrace/io/parquet/page/snappy.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace headrace {
namespace {

constexpr std::size_t kBlock = 16;
constexpr std::size_t kShortBytesMax = 64;  // the longest copy, and the longest literal whose length is in its tag
static_assert(kShortBytesMax <= kSnappySlackBytes);

constexpr std::array<std::uint32_t, 5> kLowBytes = {0, 0xff, 0xffff, 0xffffff, 0xffffffff};

inline std::uint32_t load32(const std::byte* at) {
  std::uint32_t value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

inline void move_block(std::byte* to, const std::byte* from) {
  std::array<std::byte, kBlock> block;
  std::memcpy(block.data(), from, kBlock);
  std::memcpy(to, block.data(), kBlock);
}

/// What the tag of a copy says.
struct CopyTag {
  std::uint16_t back = 0;  // the high part of the distance
  std::uint8_t length = 0;
  std::uint8_t more_bytes = 0;  // the low part of the distance follows in as many bytes
};

constexpr std::array<CopyTag, 256> kCopyTags = [] {
  std::array<CopyTag, 256> tags{};
  for (unsigned tag = 0; tag < 256; ++tag) {
    unsigned six = tag >> 2;
    switch (tag & 3) {
      case 1:
        tags[tag] = {static_cast<std::uint16_t>(tag >> 5 << 8), static_cast<std::uint8_t>(4 + (six & 7)), 1};
        break;
      case 2: tags[tag] = {0, static_cast<std::uint8_t>(six + 1), 2}; break;
      case 3: tags[tag] = {0, static_cast<std::uint8_t>(six + 1), 4}; break;
      default: break;
    }
  }
  return tags;
}();

/// Writes `length` (1 … 64) bytes that start `back` before `out`, and up to 64 in all.
inline void copy_back(std::byte* out, std::size_t back, std::size_t length) {
  const std::byte* from = out - back;
  if (back >= kBlock) {
    move_block(out, from);
    if (length <= kBlock) return;
    move_block(out + kBlock, from + kBlock);
    move_block(out + 2 * kBlock, from + 2 * kBlock);
    move_block(out + 3 * kBlock, from + 3 * kBlock);
    return;
  }
  // The bytes repeat. Each step doubles what is there to copy from, until it fills a word.
  std::byte* end = out + length;
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  std::uint64_t word;
  while (back < kWord) {
    std::memcpy(&word, from, kWord);
    std::memcpy(out, &word, kWord);
    out += back;
    back *= 2;
    if (out >= end) return;
  }
  for (; out < end; out += kWord, from += kWord) {
    std::memcpy(&word, from, kWord);
    std::memcpy(out, &word, kWord);
  }
}

bool read_size(const std::byte*& in, const std::byte* in_end, std::uint32_t& size) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    if (in == in_end) return false;
    std::uint64_t bits = std::to_integer<std::uint64_t>(*in++);
    value |= (bits & 0x7f) << shift;
    if ((bits & 0x80) != 0) continue;
    size = static_cast<std::uint32_t>(value);
    return value == size;
  }
  return false;
}

}  // namespace

bool snappy_decompress(std::span<const std::byte> input, std::span<std::byte> output) {
  const std::byte* in = input.data();
  const std::byte* const in_end = in + input.size();
  std::byte* out = output.data();
  std::byte* const out_begin = out;
  std::byte* const out_end = out + output.size();
  std::uint32_t size = 0;
  if (!read_size(in, in_end, size) || size != output.size()) return false;
  while (in < in_end) {
    unsigned tag = std::to_integer<unsigned>(*in++);
    if ((tag & 3) == 0) {
      std::size_t length = (tag >> 2) + 1;
      if (length > 60) [[unlikely]] {
        std::size_t more_bytes = length - 60;
        if (static_cast<std::size_t>(in_end - in) < more_bytes) return false;
        length = std::size_t{load32(in) & kLowBytes[more_bytes]} + 1;
        in += more_bytes;
      }
      if (static_cast<std::size_t>(in_end - in) < length || static_cast<std::size_t>(out_end - out) < length) {
        return false;
      }
      if (length <= kBlock) {
        move_block(out, in);
      } else if (length <= kShortBytesMax) {
        for (std::size_t at = 0; at < kShortBytesMax; at += kBlock) move_block(out + at, in + at);
      } else {
        std::memcpy(out, in, length);
      }
      in += length;
      out += length;
      continue;
    }
    const CopyTag& copy = kCopyTags[tag];
    if (in_end - in < copy.more_bytes) return false;
    std::size_t back = std::size_t{copy.back} + (load32(in) & kLowBytes[copy.more_bytes]);
    in += copy.more_bytes;
    // A distance of 0 becomes the largest number.
    if (back - 1 >= static_cast<std::size_t>(out - out_begin)) return false;
    if (static_cast<std::size_t>(out_end - out) < copy.length) return false;
    copy_back(out, back, copy.length);
    out += copy.length;
  }
  return out == out_end;
}

}  // namespace headrace
