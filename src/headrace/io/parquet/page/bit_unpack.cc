// See bit_unpack.h.
//
// Eight values of W bits start and end at a byte. A group of eight is unpacked by eight loads of 64 bits whose places
// and shifts are constants, one function a width; groups too near to the end of the bytes go through a copy.
#include "headrace/io/parquet/page/bit_unpack.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "headrace/base/error.h"

namespace headrace {
namespace {

constexpr std::size_t kGroup = 8;

inline std::uint64_t load_word(const std::byte* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

template <int W, std::size_t I, typename T>
inline T unpack_one(const std::byte* packed) {
  constexpr std::size_t kBit = I * static_cast<std::size_t>(W);
  constexpr std::uint64_t kMask = W == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << (W % 64)) - 1;
  std::uint64_t word = load_word(packed + kBit / 8) >> (kBit % 8);
  if constexpr (kBit % 8 + W > 64) {
    word |= static_cast<std::uint64_t>(std::to_integer<std::uint8_t>(packed[kBit / 8 + 8])) << (64 - kBit % 8);
  }
  return static_cast<T>(word & kMask);
}

template <int W, typename T, std::size_t... I>
inline void unpack_group(const std::byte* packed, T* out, std::index_sequence<I...>) {
  ((out[I] = unpack_one<W, I, T>(packed)), ...);
}

/// Unpacks whole groups; 9 bytes behind the last may be read.
template <int W, typename T>
void unpack_groups(const std::byte* packed, std::size_t groups, T* out) {
  for (std::size_t i = 0; i < groups; ++i) {
    if constexpr (W == 0) {
      std::fill_n(out, kGroup, T{0});
    } else if constexpr (W == 1 && sizeof(T) == 1) {
      // Each bit to a byte of its own: bit i is kept in byte i alone, then any bit of a byte becomes its lowest.
      std::uint64_t spread = (std::to_integer<std::uint64_t>(packed[0]) * 0x0101010101010101) & 0x8040201008040201;
      spread = ((spread + 0x7f7f7f7f7f7f7f7f) >> 7) & 0x0101010101010101;
      std::memcpy(out, &spread, sizeof(spread));
    } else {
      unpack_group<W, T>(packed, out, std::make_index_sequence<kGroup>());
    }
    packed += W;
    out += kGroup;
  }
}

template <typename T>
using GroupsFunction = void (*)(const std::byte*, std::size_t, T*);

template <typename T, std::size_t... W>
constexpr std::array<GroupsFunction<T>, sizeof...(W)> functions_of(std::index_sequence<W...>) {
  return {unpack_groups<static_cast<int>(W), T>...};
}

template <int kWidthMax, typename T>
void unpack(const std::byte* packed, int width, std::size_t count, T* out) {
  static constexpr auto kFunctions = functions_of<T>(std::make_index_sequence<kWidthMax + 1>());
  HEADRACE_CHECK(width >= 0 && width <= kWidthMax);
  GroupsFunction<T> unpack_whole = kFunctions[static_cast<std::size_t>(width)];
  constexpr std::size_t kReach = 9;
  std::size_t size_bytes = packed_bytes(count, width);
  std::size_t group_bytes = static_cast<std::size_t>(width);
  std::size_t groups = count / kGroup;
  while (groups > 0 && groups * group_bytes + kReach > size_bytes) --groups;
  if (width == 0) groups = count / kGroup;
  unpack_whole(packed, groups, out);
  for (std::size_t done = groups * kGroup; done < count; done += kGroup) {
    std::array<std::byte, 64 + kReach> copy{};
    std::size_t start = done / kGroup * group_bytes;
    if (start < size_bytes) std::memcpy(copy.data(), packed + start, std::min(group_bytes, size_bytes - start));
    std::array<T, kGroup> values;
    unpack_whole(copy.data(), 1, values.data());
    std::copy_n(values.data(), std::min(kGroup, count - done), out + done);
  }
}

}  // namespace

void unpack_bits(const std::byte* packed, int width, std::size_t count, std::uint32_t* out) {
  unpack<32>(packed, width, count, out);
}

void unpack_bits(const std::byte* packed, int width, std::size_t count, std::uint8_t* out) {
  unpack<8>(packed, width, count, out);
}

void unpack_bits(const std::byte* packed, int width, std::size_t count, std::uint64_t* out) {
  unpack<64>(packed, width, count, out);
}

}  // namespace headrace
