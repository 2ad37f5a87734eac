// XXH3-64 is compiled into this file, so that a fixed length (8 and 16 bytes) becomes straight-line code.

#include "headrace/kernel/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "headrace/kernel/bitmap.h"

namespace headrace {

namespace {

template <typename Offset>
void hash_slices(std::span<const Offset> offsets, const char* data, std::span<uint64_t> hashes) noexcept {
  for (size_t i = 0; i < hashes.size(); ++i) {
    hashes[i] = XXH3_64bits(data + offsets[i], static_cast<size_t>(offsets[i + 1] - offsets[i]));
  }
}

}  // namespace

uint64_t hash_bytes(std::string_view bytes) noexcept { return XXH3_64bits(bytes.data(), bytes.size()); }

uint64_t hash_int64(int64_t value) noexcept { return XXH3_64bits(&value, sizeof value); }

uint64_t hash_float64(double value) noexcept {
  const uint64_t bits = canonical_float64_bits(value);
  return XXH3_64bits(&bits, sizeof bits);
}

uint64_t hash_decimal128(uint64_t low, int64_t high) noexcept {
  const uint64_t halves[2] = {low, static_cast<uint64_t>(high)};
  return XXH3_64bits(halves, sizeof halves);
}

uint64_t hash_combine(std::span<const uint64_t> part_hashes) noexcept {
  return XXH3_64bits(part_hashes.data(), part_hashes.size_bytes());
}

void hash_int64_batch(std::span<const int64_t> values, std::span<uint64_t> hashes) noexcept {
  for (size_t i = 0; i < values.size(); ++i) hashes[i] = XXH3_64bits(&values[i], sizeof(int64_t));
}

void hash_float64_batch(std::span<const double> values, std::span<uint64_t> hashes) noexcept {
  for (size_t i = 0; i < values.size(); ++i) {
    const uint64_t bits = canonical_float64_bits(values[i]);
    hashes[i] = XXH3_64bits(&bits, sizeof bits);
  }
}

void hash_bytes_batch(std::span<const int32_t> offsets, const char* data, std::span<uint64_t> hashes) noexcept {
  hash_slices(offsets, data, hashes);
}

void hash_bytes_batch(std::span<const int64_t> offsets, const char* data, std::span<uint64_t> hashes) noexcept {
  hash_slices(offsets, data, hashes);
}

void hash_nulls(const uint8_t* validity, int64_t validity_offset, std::span<uint64_t> hashes) noexcept {
  for (size_t i = 0; i < hashes.size(); ++i) {
    if (!get_bit(validity, validity_offset + static_cast<int64_t>(i))) hashes[i] = kNullHash;
  }
}

}  // namespace headrace
