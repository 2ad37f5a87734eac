// Bitmaps as Arrow lays them out: bit i is bit i % 8, counted from the least significant, of byte i / 8. A set bit in a
// validity bitmap means that the value is there.
//
// A slice of a column begins at any bit, so every function takes bit offsets. Only bytes that hold a bit of the given
// range are read or written, and bits of a written byte outside the range keep their value, so neighbouring slices may
// be filled one after the other. Pointers are never null here: a column without nulls has no bitmap, and its owner
// does not call.
#pragma once

#include <cstdint>

namespace headrace {

/// Returns how many bytes hold `bits` bits.
constexpr int64_t bitmap_bytes(int64_t bits) noexcept { return (bits + 7) / 8; }

/// Returns bit `index`.
inline bool get_bit(const uint8_t* bits, int64_t index) noexcept {
  return ((bits[index >> 3] >> (index & 7)) & 1) != 0;
}

/// Sets bit `index` to 1.
inline void set_bit(uint8_t* bits, int64_t index) noexcept {
  bits[index >> 3] = static_cast<uint8_t>(bits[index >> 3] | (1 << (index & 7)));
}

/// Sets bit `index` to 0.
inline void clear_bit(uint8_t* bits, int64_t index) noexcept {
  bits[index >> 3] = static_cast<uint8_t>(bits[index >> 3] & ~(1 << (index & 7)));
}

/// Sets bit `index` to `value`.
inline void set_bit_to(uint8_t* bits, int64_t index, bool value) noexcept {
  if (value) {
    set_bit(bits, index);
  } else {
    clear_bit(bits, index);
  }
}

/// Returns the `length` bits (0 to 64) from bit `offset` on, the first in the least significant place, zeros above.
uint64_t load_bits(const uint8_t* bits, int64_t offset, int64_t length) noexcept;

/// Writes the low `length` bits (0 to 64) of `word` from bit `offset` on.
void store_bits(uint8_t* bits, int64_t offset, int64_t length, uint64_t word) noexcept;

/// Counts the set bits among the `length` bits from bit `offset` on.
int64_t count_set_bits(const uint8_t* bits, int64_t offset, int64_t length) noexcept;

/// Sets the `length` bits from bit `offset` on to `value`.
void fill_bits(uint8_t* bits, int64_t offset, int64_t length, bool value) noexcept;

/// Copies `length` bits. The two ranges do not overlap.
void copy_bits(const uint8_t* from, int64_t from_offset, int64_t length, uint8_t* to, int64_t to_offset) noexcept;

/// Writes left AND right (each from its own offset) to the first `length` bits of `to`. The rest of the last byte
/// becomes 0. `to` may be one of the inputs if that input's offset is 0.
void and_bits(const uint8_t* left, int64_t left_offset, const uint8_t* right, int64_t right_offset, int64_t length,
              uint8_t* to) noexcept;

/// Writes left OR right; otherwise as and_bits.
void or_bits(const uint8_t* left, int64_t left_offset, const uint8_t* right, int64_t right_offset, int64_t length,
             uint8_t* to) noexcept;

}  // namespace headrace
