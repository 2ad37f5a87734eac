// Numbers in as few bytes as all of them need, from where they are gathered in any order.
//
// Gathering costs what the memory costs that is reached at random: a quarter of a million int64 take 2 MiB, and most of
// them are ids, counts and flags that fit into one or two bytes each, which stay in the nearest cache.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#include "headrace/column/buffer.h"

namespace headrace {

/// Stores a value that is not read again soon, without first fetching the line of memory that it is part of. Values
/// next to each other should follow each other.
template <typename T>
inline void store_past_cache(T* to, T value) {
#if defined(__x86_64__)
  if constexpr (sizeof(T) == sizeof(long long)) {
    _mm_stream_si64(reinterpret_cast<long long*>(to), std::bit_cast<long long>(value));
    return;
  } else if constexpr (sizeof(T) == sizeof(int)) {
    _mm_stream_si32(reinterpret_cast<int*>(to), std::bit_cast<int>(value));
    return;
  }
#endif
  *to = value;
}

/// Up to `capacity` values of T: an integer or floating type, or bytes.
template <typename T>
class PackedValues {
 public:
  PackedValues(std::int64_t capacity, MemoryBudget& memory)
      : capacity_(static_cast<std::size_t>(capacity)), memory_(memory) {
    bytes_ = Buffer::allocate(memory_, capacity_ * value_bytes_);
  }

  std::int64_t count() const { return static_cast<std::int64_t>(count_); }

  void append(std::span<const T> values) {
    if constexpr (kIsPacked) widen(bytes_needed_by(values));
    with_stored([&](auto* stored) {
      using Stored = std::remove_pointer_t<decltype(stored)>;
      if constexpr (std::is_same_v<Stored, T>) {
        if (!values.empty()) std::memcpy(stored + count_, values.data(), values.size_bytes());
      } else {
        in_pieces(values, [end = stored + count_](const T* __restrict from, std::size_t at, auto count) {
          Stored* __restrict to = end + at;
          for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<Stored>(from[i]);
        });
      }
    });
    count_ += values.size();
  }
  /// Appends each code plus `added`; the sums are below `end`. False, with nothing appended, when one is negative.
  bool append_codes(std::span<const std::int32_t> codes, std::uint32_t added, std::uint32_t end) {
    static_assert(std::is_same_v<T, std::uint32_t>);
    std::span<const T> values(reinterpret_cast<const T*>(codes.data()), codes.size());
    T bits = 0;
    widen(bytes_needed(end - 1));
    with_stored([&](auto* stored) {
      using Stored = std::remove_pointer_t<decltype(stored)>;
      in_pieces(values, [&bits, first = stored + count_, added](const T* __restrict from, std::size_t at, auto count) {
        Stored* __restrict to = first + at;
        T of_piece = 0;
        for (std::size_t i = 0; i < count; ++i) {
          of_piece |= from[i];
          to[i] = static_cast<Stored>(from[i] + added);
        }
        bits |= of_piece;
      });
    });
    if (static_cast<std::int32_t>(bits) < 0) return false;
    count_ += values.size();
    return true;
  }
  /// Appends zeros.
  void append_zeros(std::size_t count) {
    std::memset(bytes_->mutable_data() + count_ * value_bytes_, 0, count * value_bytes_);
    count_ += count;
  }

  /// Writes, for the values of `rows`, each of `width` values, the entries that they are numbers of.
  template <typename Entry>
  void gather_entries(std::span<const std::uint32_t> rows, std::size_t width, const Entry* entries, Entry* out) const {
    gather_as(rows, width, out, [entries](auto number) { return entries[number]; });
  }

  /// Writes the values of `rows`, each of `width` values, one after another.
  void gather(std::span<const std::uint32_t> rows, std::size_t width, T* out) const {
    gather_as(rows, width, out, [](auto value) { return static_cast<T>(value); });
  }

 private:
  template <typename Out, typename Make>
  void gather_as(std::span<const std::uint32_t> rows, std::size_t width, Out* out, const Make& make) const {
    with_stored([&](const auto* stored) {
      if (width == 1) {
        for (std::size_t i = 0; i < rows.size(); ++i) store_past_cache(out + i, make(stored[rows[i]]));
        return;
      }
      for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i + kAhead < rows.size()) __builtin_prefetch(stored + rows[i + kAhead] * width);
        const auto* from = stored + rows[i] * width;
        for (std::size_t k = 0; k < width; ++k) store_past_cache(out + i * width + k, make(from[k]));
      }
    });
  }

  static constexpr std::size_t kAhead = 16;  // rows whose values are asked for before they are needed
  static constexpr std::integral_constant<std::size_t, 64> kPiece{};
  static constexpr bool kIsPacked = std::is_integral_v<T> && sizeof(T) > 2;

  /// Calls body(first value, its number, how many); for most of them the last is a constant, so that compilers make
  /// vector instructions of loops over it.
  template <typename Body>
  static void in_pieces(std::span<const T> values, const Body& body) {
    std::size_t at = 0;
    for (; at + kPiece <= values.size(); at += kPiece) body(values.data() + at, at, kPiece);
    body(values.data() + at, at, values.size() - at);
  }

  static std::size_t bytes_needed_by(std::span<const T> values) {
    std::make_unsigned_t<T> bits = 0;
    in_pieces(values, [&bits](const T* from, std::size_t, auto count) {
      std::make_unsigned_t<T> of_piece = 0;
      for (std::size_t i = 0; i < count; ++i) of_piece |= static_cast<std::make_unsigned_t<T>>(from[i]);
      bits |= of_piece;
    });
    return bytes_needed(bits);
  }
  static std::size_t bytes_needed(std::uint64_t bits) {
    if (bits <= UINT8_MAX) return 1;
    if (bits <= UINT16_MAX) return 2;
    return bits <= UINT32_MAX ? 4 : 8;
  }

  void widen(std::size_t value_bytes) {
    if (value_bytes <= value_bytes_) return;
    std::shared_ptr<Buffer> old = std::move(bytes_);
    std::size_t old_bytes = value_bytes_;
    value_bytes_ = value_bytes;
    bytes_ = Buffer::allocate(memory_, capacity_ * value_bytes_);
    with_stored([&](auto* stored) {
      auto copy = [&](const auto* from) {
        for (std::size_t i = 0; i < count_; ++i) {
          stored[i] = static_cast<std::remove_reference_t<decltype(*stored)>>(from[i]);
        }
      };
      if (old_bytes == 1) copy(old->mutable_as<std::uint8_t>());
      if (old_bytes == 2) copy(old->mutable_as<std::uint16_t>());
      if (old_bytes == 4) copy(old->mutable_as<std::uint32_t>());
    });
  }

  template <typename Body>
  void with_stored(const Body& body) const {
    if constexpr (kIsPacked) {
      if (value_bytes_ == 1) return body(bytes_->mutable_as<std::uint8_t>());
      if (value_bytes_ == 2) return body(bytes_->mutable_as<std::uint16_t>());
      if (value_bytes_ == 4 && sizeof(T) > 4) return body(bytes_->mutable_as<std::uint32_t>());
    }
    body(bytes_->mutable_as<T>());
  }

  std::size_t capacity_;
  MemoryBudget& memory_;
  std::size_t value_bytes_ = kIsPacked ? 1 : sizeof(T);
  std::size_t count_ = 0;
  std::shared_ptr<Buffer> bytes_;
};

}  // namespace headrace
