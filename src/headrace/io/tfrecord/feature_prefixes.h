// What stands in front of the values of a Feature: the tags and lengths of the messages around them, and the name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/io/tfrecord/wire.h"

namespace headrace {

/// Bytes of a *List message that holds `payload` bytes of packed values.
inline std::uint64_t packed_list_bytes(std::uint64_t payload) {
  return payload == 0 ? 0 : 1 + varint_bytes(payload) + payload;
}

/// The sizes of the messages around a list, from the inside out.
struct Nesting {
  Nesting(std::size_t key_bytes, std::uint64_t list_bytes)
      : list(list_bytes),
        feature(1 + varint_bytes(list) + list),
        entry(1 + varint_bytes(key_bytes) + key_bytes + 1 + varint_bytes(feature) + feature),
        total(1 + varint_bytes(entry) + entry) {}
  std::uint64_t list;
  std::uint64_t feature;
  std::uint64_t entry;
  std::uint64_t total;
};

/// Writes tags, lengths and name in front of the list and returns their end. May write up to 8 bytes beyond it.
char* put_nesting(char* out, std::string_view key, FeatureKind kind, const Nesting& nesting);

/// The bytes in front of a number or of packed numbers, by the bytes that these take: made once, to be copied.
class FeaturePrefixes {
 public:
  /// Prefixes are copied in pieces of this size, so up to a piece too much is written behind them.
  static constexpr std::uint32_t kPieceBytes = 16;

  FeaturePrefixes(std::string_view name, FeatureKind kind);

  /// Payloads below it have prefixes; at least those of every scalar.
  std::uint32_t payload_end() const { return static_cast<std::uint32_t>(sizes_.size()); }
  /// Pieces that hold any prefix.
  std::uint32_t piece_count() const { return stride_ / kPieceBytes; }
  /// The prefix of payload p starts at p * piece_count() * kPieceBytes.
  const char* bytes() const { return bytes_.data(); }
  const char* bytes(std::uint32_t payload) const { return bytes_.data() + std::size_t{payload} * stride_; }
  const std::vector<std::uint32_t>& sizes() const { return sizes_; }
  /// Bytes of the map entries, values included.
  const std::vector<std::uint32_t>& total_bytes() const { return total_bytes_; }

 private:
  std::uint32_t stride_;
  std::string bytes_;
  std::vector<std::uint32_t> sizes_;
  std::vector<std::uint32_t> total_bytes_;
};

}  // namespace headrace
