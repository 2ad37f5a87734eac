// See delta_decoder.h.
#include "headrace/io/parquet/page/delta_decoder.h"

#include <algorithm>

#include "headrace/io/parquet/page/bit_unpack.h"
#include "headrace/io/parquet/page/page_error.h"

namespace headrace {
namespace {

constexpr std::uint64_t kBlockValuesMax = 1 << 20;

std::uint64_t unzigzag(std::uint64_t value) { return (value >> 1) ^ (~(value & 1) + 1); }

}  // namespace

std::uint64_t DeltaDecoder::varint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (bytes_.empty()) damaged_page("delta-coded values end too early");
    std::uint64_t bits = std::to_integer<std::uint64_t>(bytes_[0]);
    bytes_ = bytes_.subspan(1);
    value |= (bits & 0x7f) << shift;
    if ((bits & 0x80) == 0) return value;
  }
  damaged_page("a number of a delta-coded page is malformed");
}

DeltaDecoder::DeltaDecoder(std::span<const std::byte> bytes) : bytes_(bytes) {
  std::uint64_t block_values = varint();
  std::uint64_t miniblocks = varint();
  // NOLINTBEGIN(cppcoreguidelines-prefer-member-initializer): they are read in the order of the page.
  values_left_ = varint();
  last_ = unzigzag(varint());
  has_first_ = values_left_ > 0;
  // NOLINTEND(cppcoreguidelines-prefer-member-initializer)
  if (block_values == 0 || block_values > kBlockValuesMax || miniblocks == 0 || block_values % miniblocks != 0 ||
      block_values / miniblocks % kChunk != 0) {
    damaged_page("a delta-coded page has blocks of a size that cannot be");
  }
  miniblocks_ = static_cast<std::size_t>(miniblocks);
  miniblock_values_ = static_cast<std::size_t>(block_values / miniblocks);
}

void DeltaDecoder::next_block() {
  delta_least_ = unzigzag(varint());
  if (bytes_.size() < miniblocks_) damaged_page("delta-coded values end too early");
  widths_ = bytes_.first(miniblocks_);
  bytes_ = bytes_.subspan(miniblocks_);
}

void DeltaDecoder::next_miniblock() {
  if (widths_.empty()) next_block();
  width_ = std::to_integer<int>(widths_[0]);
  widths_ = widths_.subspan(1);
  if (width_ > 64) damaged_page("a delta-coded page has deltas of more than 64 bits");
  std::size_t size_bytes = packed_bytes(miniblock_values_, width_);
  // Some writers leave out the end of the last miniblock, behind the last value.
  std::size_t needed = static_cast<std::size_t>(std::min<std::uint64_t>(miniblock_values_, values_left_));
  if (bytes_.size() < packed_bytes(needed, width_)) damaged_page("delta-coded values end too early");
  size_bytes = std::min(size_bytes, bytes_.size());
  packed_ = bytes_.first(size_bytes);
  bytes_ = bytes_.subspan(size_bytes);
  miniblock_left_ = miniblock_values_;
}

template <typename T>
void DeltaDecoder::decode(T* out, std::size_t count) {
  if (count > values_left_) damaged_page("a page has fewer values than its header says");
  if (count > 0 && has_first_) {
    *out++ = static_cast<T>(last_);
    has_first_ = false;
    --count;
    --values_left_;
  }
  while (count > 0) {
    if (chunk_at_ == kChunk) {
      if (miniblock_left_ == 0) next_miniblock();
      std::size_t held = width_ == 0 ? kChunk : packed_.size() * 8 / static_cast<std::size_t>(width_);
      unpack_bits(packed_.data(), width_, std::min(kChunk, held), chunk_.data());
      packed_ = packed_.subspan(std::min(packed_.size(), packed_bytes(kChunk, width_)));
      miniblock_left_ -= kChunk;
      chunk_at_ = 0;
    }
    std::size_t taken = std::min(count, kChunk - chunk_at_);
    std::uint64_t last = last_;
    for (std::size_t i = 0; i < taken; ++i) {
      last += chunk_[chunk_at_ + i] + delta_least_;
      out[i] = static_cast<T>(last);
    }
    last_ = last;
    chunk_at_ += taken;
    out += taken;
    count -= taken;
    values_left_ -= taken;
  }
}

template void DeltaDecoder::decode(std::int32_t* out, std::size_t count);
template void DeltaDecoder::decode(std::int64_t* out, std::size_t count);

}  // namespace headrace
