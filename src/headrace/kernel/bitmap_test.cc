// Every function is compared with a vector<bool> at all small offsets and at lengths around the sizes of byte and word.

#include "headrace/kernel/bitmap.h"

#include <random>
#include <vector>

#include <doctest/doctest.h>

namespace headrace {

namespace {

using Bits = std::vector<bool>;

constexpr int64_t kLengths[] = {0, 1, 7, 8, 9, 63, 64, 65, 127, 128, 129, 1000};
constexpr int64_t kOffsetsMax = 9;

Bits random_bits(int64_t length, uint64_t seed) {
  std::mt19937_64 random(seed);
  Bits bits(static_cast<size_t>(length));
  for (size_t i = 0; i < bits.size(); ++i) bits[i] = (random() & 1) != 0;
  return bits;
}

/// Packs exactly the bytes needed, so that a sanitizer sees any read or write beyond them.
std::vector<uint8_t> pack(const Bits& bits) {
  std::vector<uint8_t> packed(static_cast<size_t>(bitmap_bytes(static_cast<int64_t>(bits.size()))), 0);
  for (size_t i = 0; i < bits.size(); ++i) {
    if (bits[i]) packed[i / 8] = static_cast<uint8_t>(packed[i / 8] | (1 << (i % 8)));
  }
  return packed;
}

bool bit_at(const Bits& bits, int64_t index) { return bits[static_cast<size_t>(index)]; }

}  // namespace

TEST_CASE("bits are read, set and cleared least significant first") {
  std::vector<uint8_t> bits(2, 0);
  set_bit(bits.data(), 0);
  set_bit(bits.data(), 9);
  CHECK(bits == std::vector<uint8_t>{0x01, 0x02});
  set_bit_to(bits.data(), 15, true);
  clear_bit(bits.data(), 0);
  set_bit_to(bits.data(), 9, false);
  CHECK(bits == std::vector<uint8_t>{0x00, 0x80});
  CHECK(get_bit(bits.data(), 15));
  CHECK_FALSE(get_bit(bits.data(), 14));
  CHECK(bitmap_bytes(0) == 0);
  CHECK(bitmap_bytes(8) == 1);
  CHECK(bitmap_bytes(9) == 2);
}

TEST_CASE("set bits are counted at any offset and length") {
  for (int64_t offset = 0; offset <= kOffsetsMax; ++offset) {
    for (const int64_t length : kLengths) {
      const Bits bits = random_bits(offset + length, 1);
      const std::vector<uint8_t> packed = pack(bits);
      int64_t expected = 0;
      for (int64_t i = 0; i < length; ++i) expected += bit_at(bits, offset + i) ? 1 : 0;
      CHECK(count_set_bits(packed.data(), offset, length) == expected);
    }
  }
}

TEST_CASE("filling changes the bits of the range and no other") {
  for (int64_t offset = 0; offset <= kOffsetsMax; ++offset) {
    for (const int64_t length : kLengths) {
      for (const bool value : {false, true}) {
        Bits bits = random_bits(offset + length + 5, 2);
        std::vector<uint8_t> packed = pack(bits);
        fill_bits(packed.data(), offset, length, value);
        for (int64_t i = 0; i < length; ++i) bits[static_cast<size_t>(offset + i)] = value;
        CHECK(packed == pack(bits));
      }
    }
  }
}

TEST_CASE("copying changes the bits of the range and no other, for every pair of offsets") {
  for (int64_t from_offset = 0; from_offset <= kOffsetsMax; ++from_offset) {
    for (int64_t to_offset = 0; to_offset <= kOffsetsMax; ++to_offset) {
      for (const int64_t length : kLengths) {
        const Bits from = random_bits(from_offset + length, 3);
        Bits to = random_bits(to_offset + length + 5, 4);
        std::vector<uint8_t> packed = pack(to);
        copy_bits(pack(from).data(), from_offset, length, packed.data(), to_offset);
        for (int64_t i = 0; i < length; ++i) to[static_cast<size_t>(to_offset + i)] = bit_at(from, from_offset + i);
        CHECK(packed == pack(to));
      }
    }
  }
}

TEST_CASE("two bitmaps of different offsets combine into a fresh one with a clean tail") {
  for (int64_t left_offset = 0; left_offset <= kOffsetsMax; ++left_offset) {
    for (int64_t right_offset = 0; right_offset <= kOffsetsMax; ++right_offset) {
      for (const int64_t length : kLengths) {
        const Bits left = random_bits(left_offset + length, 5);
        const Bits right = random_bits(right_offset + length, 6);
        Bits both(static_cast<size_t>(length));
        Bits either(static_cast<size_t>(length));
        for (int64_t i = 0; i < length; ++i) {
          const bool l = bit_at(left, left_offset + i);
          const bool r = bit_at(right, right_offset + i);
          both[static_cast<size_t>(i)] = l && r;
          either[static_cast<size_t>(i)] = l || r;
        }
        std::vector<uint8_t> out(static_cast<size_t>(bitmap_bytes(length)), 0xff);
        and_bits(pack(left).data(), left_offset, pack(right).data(), right_offset, length, out.data());
        CHECK(out == pack(both));
        or_bits(pack(left).data(), left_offset, pack(right).data(), right_offset, length, out.data());
        CHECK(out == pack(either));
      }
    }
  }
}

TEST_CASE("a bitmap may be combined into itself") {
  const Bits left = random_bits(200, 7);
  const Bits right = random_bits(203, 8);
  std::vector<uint8_t> packed = pack(left);
  and_bits(packed.data(), 0, pack(right).data(), 3, 200, packed.data());
  for (int64_t i = 0; i < 200; ++i) CHECK(get_bit(packed.data(), i) == (bit_at(left, i) && bit_at(right, i + 3)));
}

TEST_CASE("words load and store at any offset and length") {
  for (int64_t offset = 0; offset <= kOffsetsMax; ++offset) {
    for (int64_t length = 0; length <= 64; ++length) {
      Bits bits = random_bits(offset + length, 9);
      std::vector<uint8_t> packed = pack(bits);
      const uint64_t word = load_bits(packed.data(), offset, length);
      for (int64_t i = 0; i < 64; ++i) CHECK(((word >> i) & 1) == (i < length && bit_at(bits, offset + i) ? 1u : 0u));
      store_bits(packed.data(), offset, length, ~word);
      for (int64_t i = 0; i < length; ++i) bits[static_cast<size_t>(offset + i)].flip();
      CHECK(packed == pack(bits));
    }
  }
}

}  // namespace headrace
