// The bytes of TFRecord framing and of tf.train.Example, shared by encoder and decoder.
//
//   Example   { 1: Features }                          0a
//   Features  { 1: map entries }                       0a   entry { 1: key 0a, 2: Feature 12 }
//   Feature   { 1: BytesList | 2: FloatList | 3: Int64List }     0a | 12 | 1a
//   …List     { 1: values }                            0a   bytes repeated; floats packed, 4 bytes LE; int64 packed
//   varints
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace headrace {

inline constexpr std::size_t kRecordHeaderBytes = 12;  // length and its checksum
inline constexpr std::size_t kRecordTrailerBytes = 4;  // checksum of the data
/// The largest record: what protobuf, and the CRC library, can count.
inline constexpr std::uint64_t kRecordBytesMax = 0x7fffffff;

/// How to mend a file whose bytes are not as they were written.
inline constexpr const char* kDamagedHint = "the file is damaged or was not written to its end: write it again";

inline constexpr char kTagFirst = 0x0a;   // field 1, with a length
inline constexpr char kTagSecond = 0x12;  // field 2, with a length

/// The kind of a Feature, by its tag.
enum class FeatureKind : char { kNone = 0, kBytes = 0x0a, kFloat = 0x12, kInt64 = 0x1a };

inline constexpr std::size_t kVarintBytesMax = 10;

/// Bytes of `value` as a varint, 1 … 10.
inline std::uint32_t varint_bytes(std::uint64_t value) {
  // Bits by 7, rounded up, as one multiplication and one shift: right for 1 … 64 bits.
  std::uint32_t bits = static_cast<std::uint32_t>(std::bit_width(value | 1));
  return (bits * 9 + 64) / 64;
}

/// Writes a varint of `size` = varint_bytes(value) bytes and returns its end. May write up to 8 bytes in all.
inline char* put_varint(char* out, std::uint64_t value, std::uint32_t size) {
  if (size == 1) {
    *out = static_cast<char>(value);
    return out + 1;
  }
  if (size > 8) {
    for (std::uint32_t i = 1; i < size; ++i, value >>= 7) *out++ = static_cast<char>(value | 0x80);
    *out++ = static_cast<char>(value);
    return out;
  }
  // 56 bits to 8 groups of 7, each in a byte of its own: halves, quarters, eighths; then the continuation bits.
  std::uint64_t x = (value & 0x000000000fffffff) | ((value & 0x00fffffff0000000) << 4);
  x = (x & 0x00003fff00003fff) | ((x & 0x0fffc0000fffc000) << 2);
  x = (x & 0x007f007f007f007f) | ((x & 0x3f803f803f803f80) << 1);
  x |= 0x8080808080808080 & ((std::uint64_t{1} << (8 * (size - 1))) - 1);
  std::memcpy(out, &x, sizeof(x));
  return out + size;
}

inline char* put_varint(char* out, std::uint64_t value) { return put_varint(out, value, varint_bytes(value)); }

/// The CRC-32C that TFRecord stores, rotated and shifted so that checksums of checksums differ. `size` <=
/// kRecordBytesMax.
std::uint32_t masked_crc32c(const void* data, std::size_t size);

}  // namespace headrace
