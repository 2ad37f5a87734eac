// See hybrid_decoder.h.
#include "headrace/io/parquet/page/hybrid_decoder.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "headrace/io/parquet/page/bit_unpack.h"
#include "headrace/io/parquet/page/page_error.h"

namespace headrace {
namespace {

constexpr std::size_t kGroup = 8;

}  // namespace

HybridDecoder::HybridDecoder(std::span<const std::byte> bytes, int width) : bytes_(bytes), width_(width) {
  if (width < 0 || width > 32) damaged_page("values of " + std::to_string(width) + " bits");
}

HybridDecoder HybridDecoder::packed(std::span<const std::byte> bytes, int width) {
  HybridDecoder decoder({}, width);
  decoder.packed_ = bytes.data();
  decoder.packed_left_ = width == 0 ? 0 : bytes.size() * 8 / static_cast<std::size_t>(width);
  return decoder;
}

void HybridDecoder::next_run() {
  std::uint64_t header = 0;
  for (int shift = 0;; shift += 7) {
    if (bytes_.empty()) damaged_page("levels or codes end too early");
    if (shift > 28) damaged_page("the length of a run is malformed");
    std::uint64_t bits = std::to_integer<std::uint64_t>(bytes_[0]);
    bytes_ = bytes_.subspan(1);
    header |= (bits & 0x7f) << shift;
    if ((bits & 0x80) == 0) break;
  }
  std::size_t count = static_cast<std::size_t>(header >> 1);
  if ((header & 1) == 0) {
    std::size_t value_bytes = packed_bytes(1, width_);
    if (bytes_.size() < value_bytes) damaged_page("levels or codes end too early");
    run_value_ = 0;
    for (std::size_t i = 0; i < value_bytes; ++i) {
      run_value_ |= std::to_integer<std::uint32_t>(bytes_[i]) << (8 * i);
    }
    if (width_ < 32 && run_value_ >> width_ != 0) damaged_page("a run of a value that is too large");
    bytes_ = bytes_.subspan(value_bytes);
    run_left_ = count;
    return;
  }
  // A last group that is cut short holds the values that its bytes hold.
  std::size_t size_bytes = std::min(packed_bytes(count * kGroup, width_), bytes_.size());
  packed_left_ =
      width_ == 0 ? count * kGroup : std::min(count * kGroup, size_bytes * 8 / static_cast<unsigned>(width_));
  packed_skip_ = 0;
  packed_ = bytes_.data();
  bytes_ = bytes_.subspan(size_bytes);
}

template <typename T>
void HybridDecoder::decode(T* out, std::size_t count) {
  while (count > 0) {
    if (run_left_ > 0) {
      std::size_t taken = std::min(count, run_left_);
      std::fill_n(out, taken, static_cast<T>(run_value_));
      run_left_ -= taken;
      out += taken;
      count -= taken;
    } else if (packed_left_ > 0) {
      std::size_t taken = std::min(count, packed_left_);
      if (packed_skip_ > 0 || (taken < kGroup && taken < packed_left_)) {
        // Part of a group.
        taken = std::min(taken, kGroup - packed_skip_);
        std::array<T, kGroup> group;
        unpack_bits(packed_, width_, std::min(kGroup, packed_skip_ + packed_left_), group.data());
        std::copy_n(group.data() + packed_skip_, taken, out);
      } else {
        if (taken < packed_left_) taken -= taken % kGroup;
        unpack_bits(packed_, width_, taken, out);
      }
      packed_left_ -= taken;
      std::size_t passed = packed_skip_ + taken;
      packed_ += passed / kGroup * static_cast<std::size_t>(width_);
      packed_skip_ = passed % kGroup;
      out += taken;
      count -= taken;
    } else {
      next_run();
    }
  }
}

template void HybridDecoder::decode(std::uint8_t* out, std::size_t count);
template void HybridDecoder::decode(std::uint32_t* out, std::size_t count);

bool HybridDecoder::skip_run_of(std::uint32_t value, std::size_t count) {
  while (run_left_ == 0 && packed_left_ == 0 && count > 0 && !bytes_.empty()) next_run();
  if (run_left_ < count || run_value_ != value) return false;
  run_left_ -= count;
  return true;
}

}  // namespace headrace
