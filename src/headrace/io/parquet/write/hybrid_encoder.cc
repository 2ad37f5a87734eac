// See hybrid_encoder.h. Runs are looked for at groups of 8: what is random is packed with one comparison a group, and a
// run is worth its header from some bytes on.
#include "headrace/io/parquet/write/hybrid_encoder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "headrace/io/parquet/write/bit_packer.h"

namespace headrace {
namespace {

/// Bytes that a run must take when packed, to be written as a run: more than its own header and the one behind it.
constexpr std::size_t kRunBytesMin = 8;

void put_varint(std::uint64_t value, GrowingBytes& out) {
  std::array<char, 10> bytes;
  std::size_t size = 0;
  for (; value >= 0x80; value >>= 7) bytes[size++] = static_cast<char>(value | 0x80);
  bytes[size++] = static_cast<char>(value);
  out.append(bytes.data(), size);
}

/// Whether 8 values are all the same.
bool is_uniform(const std::uint8_t* values) {
  std::uint64_t word;
  std::memcpy(&word, values, sizeof(word));
  return word == (word & 0xff) * 0x0101010101010101;
}
bool is_uniform(const std::uint32_t* values) {
  std::array<std::uint64_t, 4> words;
  std::memcpy(words.data(), values, sizeof(words));
  return words[0] == words[1] && words[1] == words[2] && words[2] == words[3] && values[0] == values[1];
}

template <typename T>
void put_packed(const T* values, std::size_t count, unsigned width, GrowingBytes& out) {
  if (count == 0) return;
  std::size_t groups = (count + 7) / 8;
  put_varint(groups * 2 + 1, out);
  std::byte* end = out.room(groups * width + kPackSlackBytes);
  std::size_t whole = count / 8 * 8;
  std::array<std::uint32_t, 8> last{};
  std::copy(values + whole, values + count, last.begin());
  if constexpr (sizeof(T) == sizeof(std::uint32_t)) {
    end = pack_bits(values, whole, width, end);
  } else {
    std::array<std::uint32_t, 256> wide;
    for (std::size_t start = 0; start < whole; start += wide.size()) {
      std::size_t piece = std::min(wide.size(), whole - start);
      std::copy(values + start, values + start + piece, wide.begin());
      end = pack_bits(wide.data(), piece, width, end);
    }
  }
  if (whole < count) pack_bits(last.data(), 8, width, end);
  out.add(groups * width);
}

template <typename T>
void put(std::span<const T> values, unsigned width, GrowingBytes& out) {
  std::size_t run_min = std::max<std::size_t>(8, kRunBytesMin * 8 / std::max(width, 1U));
  std::size_t packed_start = 0;
  std::size_t at = 0;
  while (at + 8 <= values.size()) {
    if (!is_uniform(values.data() + at)) {
      at += 8;
      continue;
    }
    std::size_t end = at + 8;
    while (end + 8 <= values.size() && values[end] == values[at] && is_uniform(values.data() + end)) end += 8;
    while (end < values.size() && values[end] == values[at]) ++end;
    if (end - at < run_min) {
      at += (end - at) / 8 * 8;
      continue;
    }
    put_packed(values.data() + packed_start, at - packed_start, width, out);
    put_hybrid_run(values[at], end - at, width, out);
    packed_start = at = end;
  }
  put_packed(values.data() + packed_start, values.size() - packed_start, width, out);
}

}  // namespace

unsigned bit_width(std::uint64_t value_max) { return static_cast<unsigned>(std::bit_width(value_max)); }

void put_hybrid(std::span<const std::uint32_t> values, unsigned width, GrowingBytes& out) { put(values, width, out); }
void put_hybrid(std::span<const std::uint8_t> values, unsigned width, GrowingBytes& out) { put(values, width, out); }

void put_hybrid_run(std::uint32_t value, std::size_t count, unsigned width, GrowingBytes& out) {
  if (count == 0) return;
  put_varint(std::uint64_t{count} * 2, out);
  out.append(&value, (width + 7) / 8);
}

}  // namespace headrace
