// See text_column.h.
//
// Two passes over the texts at hand: one that checks their lengths and writes the offsets, one that copies. The copy
// takes whole blocks and runs over the end of a text, into the place of the next one, or into the slack at the end.
#include "headrace/io/parquet/page/text_column.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "headrace/io/parquet/page/chunk_pages.h"
#include "headrace/io/parquet/page/page_error.h"
#include "headrace/io/parquet/page/text_walk.h"

namespace headrace {
namespace {

constexpr std::size_t kBlock = 32;
static_assert(kBlock <= kPageSlackBytes);

/// Copies `size_bytes` bytes and up to kBlock more.
inline void copy_over(std::byte* out, const std::byte* in, std::size_t size_bytes) {
  std::size_t done = 0;
  do {
    std::memcpy(out + done, in + done, kBlock);
    done += kBlock;
  } while (done < size_bytes);
}

void check_reach(std::int64_t size_bytes) {
  if (size_bytes > std::numeric_limits<std::int32_t>::max()) damaged_page("more than 2^31 bytes of text in one batch");
}

}  // namespace

void TextColumn::begin(std::int64_t capacity) {
  length_ = 0;
  capacity_ = capacity;
  bytes_capacity_ = -1;
  offsets_ = Buffer::allocate(memory_, static_cast<std::size_t>(capacity + 1) * sizeof(std::int32_t));
  offsets_->mutable_as<std::int32_t>()[0] = 0;
  bytes_.reset();
}

/// The offset of the row that comes next, with room for `count` behind it.
std::int32_t* TextColumn::grow(std::int64_t count) {
  if (count > capacity_ - length_) {
    capacity_ = std::max(capacity_ * 2, length_ + count);
    std::shared_ptr<Buffer> larger =
        Buffer::allocate(memory_, static_cast<std::size_t>(capacity_ + 1) * sizeof(std::int32_t));
    std::memcpy(larger->mutable_data(), offsets_->data(), static_cast<std::size_t>(length_ + 1) * sizeof(std::int32_t));
    offsets_ = std::move(larger);
  }
  std::int32_t* end = offsets_->mutable_as<std::int32_t>() + length_;
  length_ += count;
  return end;
}

/// Room for `size_bytes` in all. Where rows are still to come, for as many bytes as they will need if they are like
/// those so far.
void TextColumn::reserve_bytes(std::int64_t size_bytes) {
  if (size_bytes <= bytes_capacity_) return;
  std::int64_t expected = size_bytes;
  if (length_ > 0 && length_ < capacity_) {
    double share = static_cast<double>(capacity_) / static_cast<double>(length_);
    expected = std::min(static_cast<std::int64_t>(static_cast<double>(size_bytes) * share * 1.03), size_bytes * 64);
  }
  std::shared_ptr<Buffer> larger = Buffer::allocate(memory_, static_cast<std::size_t>(expected) + kPageSlackBytes);
  if (bytes_ != nullptr) {
    std::memcpy(larger->mutable_data(), bytes_->data(),
                static_cast<std::size_t>(std::max<std::int64_t>(bytes_capacity_, 0)));
  }
  bytes_ = std::move(larger);
  bytes_capacity_ = expected;
}

void TextColumn::append(PackedTexts& texts, std::int64_t count, const std::uint8_t* validity) {
  std::int32_t* offsets = grow(count);
  const std::byte* in = texts.bytes.data();
  std::int64_t end = offsets[0];
  // Offsets beyond 2^31 are wrong, and refused before they are used.
  std::int64_t row = 0;
  walk_texts(texts, count, validity, [&](std::span<const std::byte> text) {
    end += static_cast<std::int64_t>(text.size());
    offsets[++row] = static_cast<std::int32_t>(end);
  });
  check_reach(end);
  reserve_bytes(end);
  std::byte* out = bytes_->mutable_data();
  std::ptrdiff_t head = texts.lengths == nullptr ? static_cast<std::ptrdiff_t>(kTextLengthBytes) : 0;
  for (row = 0; row < count; ++row) {
    if (validity != nullptr && validity[row] == 0) continue;
    std::size_t size_bytes = static_cast<std::size_t>(offsets[row + 1] - offsets[row]);
    in += head;
    copy_over(out + offsets[row], in, size_bytes);
    in += size_bytes;
  }
}

void TextColumn::append_entries(const Column& entries, std::span<const std::int32_t> codes) {
  std::int32_t* offsets = grow(static_cast<std::int64_t>(codes.size()));
  std::span<const std::int32_t> ends = entries.offsets();
  std::int64_t end = offsets[0];
  for (std::size_t row = 0; row < codes.size(); ++row) {
    std::size_t entry = static_cast<std::size_t>(codes[row]);
    if (codes[row] >= 0) end += ends[entry + 1] - ends[entry];
    offsets[row + 1] = static_cast<std::int32_t>(end);
  }
  check_reach(end);
  reserve_bytes(end);
  std::byte* out = bytes_->mutable_data();
  const std::byte* bytes = reinterpret_cast<const std::byte*>(entries.bytes());
  for (std::size_t row = 0; row < codes.size(); ++row) {
    std::size_t size_bytes = static_cast<std::size_t>(offsets[row + 1] - offsets[row]);
    if (size_bytes > 0) copy_over(out + offsets[row], bytes + ends[static_cast<std::size_t>(codes[row])], size_bytes);
  }
}

Column TextColumn::finish(std::shared_ptr<const Buffer> validity) {
  reserve_bytes(0);
  return Column::binary(type_, length_, std::move(offsets_), std::move(bytes_), std::move(validity));
}

}  // namespace headrace
