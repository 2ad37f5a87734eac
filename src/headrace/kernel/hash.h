// Hashes whose meaning is part of the product: hash buckets, crosses, splits and exact distinct counts depend on them,
// so they are the same on every machine, in every version and in every engine.
//
// The algorithm is XXH3-64 with seed 0 (public specification, https://github.com/Cyan4973/xxHash). What it sees, per
// type:
//
//   string, bytes                              the bytes (a string's UTF-8), nothing added
//   bool, all integers, date, timestamp        the value as 8 little-endian bytes of a 64-bit two's complement integer
//                                              (bool as 0 or 1, date as days, timestamp as microseconds)
//   float32, float64                           the 8 little-endian bytes of the float64; -0.0 as 0.0, every NaN as one
//   decimal                                    the unscaled value as 16 little-endian bytes, two's complement
//   list, cross                                the 8-byte hashes of the parts, in order, each little-endian
//   null                                       not hashed: kNullHash
//
// Hashing is integer arithmetic only: results are bit-identical everywhere. The code relies on a little-endian machine
// and says so at compile time.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace headrace {

static_assert(std::endian::native == std::endian::little, "hashes are defined on little-endian bytes");

/// Is the hash of null: 2^64 divided by the golden ratio, made odd. It is no secret and has no other meaning.
inline constexpr uint64_t kNullHash = 0x9e3779b97f4a7c15;

/// Returns the bits that stand for `value` in hashes and in equality of keys: -0.0 gives the bits of 0.0 and every NaN
/// gives 0x7ff8000000000000.
constexpr uint64_t canonical_float64_bits(double value) noexcept {
  if (value != value) return 0x7ff8000000000000;
  return value == 0.0 ? 0 : std::bit_cast<uint64_t>(value);
}

/// Hashes a string or a byte string; empty input has a hash of its own, different from kNullHash.
uint64_t hash_bytes(std::string_view bytes) noexcept;

/// Hashes a bool (0, 1), an integer of any width, a date (days) or a timestamp (microseconds).
uint64_t hash_int64(int64_t value) noexcept;

/// Hashes a float64, or a float32 widened to it.
uint64_t hash_float64(double value) noexcept;

/// Hashes the unscaled value of a decimal, given as the low and high half of a 128-bit two's complement integer.
uint64_t hash_decimal128(uint64_t low, int64_t high) noexcept;

/// Hashes the hashes of the parts of a list or of a cross. The order of the parts matters; no parts is allowed.
uint64_t hash_combine(std::span<const uint64_t> part_hashes) noexcept;

/// Hashes each value: hashes[i] = hash_int64(values[i]). Both spans have the same size.
void hash_int64_batch(std::span<const int64_t> values, std::span<uint64_t> hashes) noexcept;

/// Hashes each value: hashes[i] = hash_float64(values[i]). Both spans have the same size.
void hash_float64_batch(std::span<const double> values, std::span<uint64_t> hashes) noexcept;

/// Hashes each string: hashes[i] = hash_bytes(bytes of data from offsets[i] up to offsets[i + 1]). There is one offset
/// more than there are hashes; the offsets never fall and stay inside data.
void hash_bytes_batch(std::span<const int32_t> offsets, const char* data, std::span<uint64_t> hashes) noexcept;
void hash_bytes_batch(std::span<const int64_t> offsets, const char* data, std::span<uint64_t> hashes) noexcept;

/// Overwrites hashes[i] with kNullHash where bit `validity_offset + i` of `validity` (least significant bit first) is
/// 0.
void hash_nulls(const uint8_t* validity, int64_t validity_offset, std::span<uint64_t> hashes) noexcept;

}  // namespace headrace
