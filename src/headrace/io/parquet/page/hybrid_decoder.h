// Decodes Parquet's hybrid of runs and packed bits: levels, dictionary codes, bools.
//
//   run        varint (count << 1), the value in ⌈width / 8⌉ bytes
//   packed     varint (groups << 1 | 1), groups × 8 values of `width` bits
//
// The last group may be cut after the value that is the last of the page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace headrace {

class HybridDecoder {
 public:
  HybridDecoder() = default;
  /// `bytes` outlive the decoder. Throws PageError when `width` is not 0 … 32.
  HybridDecoder(std::span<const std::byte> bytes, int width);
  /// Decodes values that are all packed, without the header of a run.
  static HybridDecoder packed(std::span<const std::byte> bytes, int width);

  /// The next `count` values; throws PageError when the bytes end before. T is std::uint8_t (width up to 8) or
  /// std::uint32_t.
  template <typename T>
  void decode(T* out, std::size_t count);

  /// Passes over the next `count` values and returns true if they stand in one run of `value`.
  bool skip_run_of(std::uint32_t value, std::size_t count);

  /// Whether all bytes are used up, but for what fills the last group.
  bool at_end() const { return bytes_.empty() && run_left_ == 0 && packed_left_ < 8; }

 private:
  void next_run();

  std::span<const std::byte> bytes_;  // behind the run at hand
  int width_ = 0;
  std::size_t run_left_ = 0;
  std::uint32_t run_value_ = 0;
  // The packed values at hand start `packed_skip_` values into a group, at packed_.
  std::size_t packed_left_ = 0;
  std::size_t packed_skip_ = 0;
  const std::byte* packed_ = nullptr;
};

}  // namespace headrace
