// All loops go by words of 64 bits: an unaligned word is eight bytes shifted, plus the ninth byte that its last bits
// reach into. Only the last, shorter word goes by bytes, so that no byte outside the range is touched.

#include "headrace/kernel/bitmap.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace headrace {

namespace {

constexpr uint64_t low_mask(int64_t length) noexcept {
  return length == 64 ? ~uint64_t{0} : (uint64_t{1} << length) - 1;
}

uint64_t load_word(const uint8_t* bits, int64_t offset) noexcept {
  const uint8_t* bytes = bits + (offset >> 3);
  const int shift = static_cast<int>(offset & 7);
  uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  if (shift == 0) return word;
  return (word >> shift) | (uint64_t{bytes[8]} << (64 - shift));
}

template <typename Combine>
void combine_bits(const uint8_t* left, int64_t left_offset, const uint8_t* right, int64_t right_offset, int64_t length,
                  uint8_t* to, Combine combine) noexcept {
  int64_t done = 0;
  for (; length - done >= 64; done += 64) {
    const uint64_t word = combine(load_word(left, left_offset + done), load_word(right, right_offset + done));
    std::memcpy(to + (done >> 3), &word, sizeof word);
  }
  const int64_t rest = length - done;
  const uint64_t word = combine(load_bits(left, left_offset + done, rest), load_bits(right, right_offset + done, rest));
  if (rest > 0) std::memcpy(to + (done >> 3), &word, static_cast<size_t>(bitmap_bytes(rest)));
}

}  // namespace

uint64_t load_bits(const uint8_t* bits, int64_t offset, int64_t length) noexcept {
  if (length == 64) return load_word(bits, offset);
  uint64_t word = 0;
  for (int64_t done = 0; done < length;) {
    const int64_t at = offset + done;
    word |= uint64_t{bits[at >> 3]} >> (at & 7) << done;
    done += 8 - (at & 7);
  }
  return word & low_mask(length);
}

void store_bits(uint8_t* bits, int64_t offset, int64_t length, uint64_t word) noexcept {
  for (int64_t done = 0; done < length;) {
    const int64_t at = offset + done;
    const int64_t count = std::min<int64_t>(8 - (at & 7), length - done);
    const uint64_t mask = low_mask(count) << (at & 7);
    uint8_t& byte = bits[at >> 3];
    byte = static_cast<uint8_t>((byte & ~mask) | (((word >> done) << (at & 7)) & mask));
    done += count;
  }
}

int64_t count_set_bits(const uint8_t* bits, int64_t offset, int64_t length) noexcept {
  int64_t count = 0;
  int64_t done = 0;
  for (; length - done >= 64; done += 64) count += std::popcount(load_word(bits, offset + done));
  return count + std::popcount(load_bits(bits, offset + done, length - done));
}

void fill_bits(uint8_t* bits, int64_t offset, int64_t length, bool value) noexcept {
  const uint64_t word = value ? ~uint64_t{0} : 0;
  const int64_t head = std::min<int64_t>(length, (8 - (offset & 7)) & 7);
  store_bits(bits, offset, head, word);
  const int64_t bytes = (length - head) / 8;
  if (bytes > 0) std::memset(bits + ((offset + head) >> 3), value ? 0xff : 0, static_cast<size_t>(bytes));
  store_bits(bits, offset + head + bytes * 8, length - head - bytes * 8, word);
}

void copy_bits(const uint8_t* from, int64_t from_offset, int64_t length, uint8_t* to, int64_t to_offset) noexcept {
  // After the head, the destination is at a byte boundary and whole words are written.
  const int64_t head = std::min<int64_t>(length, (8 - (to_offset & 7)) & 7);
  store_bits(to, to_offset, head, load_bits(from, from_offset, head));
  int64_t done = head;
  for (; length - done >= 64; done += 64) {
    const uint64_t word = load_word(from, from_offset + done);
    std::memcpy(to + ((to_offset + done) >> 3), &word, sizeof word);
  }
  store_bits(to, to_offset + done, length - done, load_bits(from, from_offset + done, length - done));
}

void and_bits(const uint8_t* left, int64_t left_offset, const uint8_t* right, int64_t right_offset, int64_t length,
              uint8_t* to) noexcept {
  combine_bits(left, left_offset, right, right_offset, length, to, [](uint64_t a, uint64_t b) { return a & b; });
}

void or_bits(const uint8_t* left, int64_t left_offset, const uint8_t* right, int64_t right_offset, int64_t length,
             uint8_t* to) noexcept {
  combine_bits(left, left_offset, right, right_offset, length, to, [](uint64_t a, uint64_t b) { return a | b; });
}

}  // namespace headrace
