// See text_page.h.
#include "headrace/io/parquet/page/text_page.h"

#include <bit>
#include <cstring>

#include <fmt/format.h>

#include "headrace/io/parquet/page/delta_decoder.h"
#include "headrace/io/parquet/page/page_error.h"
#include "headrace/io/parquet/page/text_walk.h"

namespace headrace {
namespace {

/// Bytes from 128 on.
std::int64_t count_high_bits(std::span<const std::byte> bytes) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::int64_t count = 0;
  std::size_t at = 0;
  std::uint64_t word = 0;
  for (; at + sizeof(word) <= bytes.size(); at += sizeof(word)) {
    std::memcpy(&word, bytes.data() + at, sizeof(word));
    count += std::popcount(word & kHighBits);
  }
  for (; at < bytes.size(); ++at) count += std::to_integer<int>(bytes[at] >> 7);
  return count;
}

}  // namespace

void TextPage::start(const Page& page, std::size_t entry_count) {
  is_coded_ = false;
  texts_ = {};
  switch (page.header.encoding) {
    case PageEncoding::kPlain: texts_.bytes = page.values; return;
    case PageEncoding::kDeltaLengthByteArray: return start_lengths(page);
    case PageEncoding::kPlainDictionary:
    case PageEncoding::kRleDictionary:
      is_coded_ = true;
      codes_ = CodeDecoder(page.values, entry_count);
      return;
    default: throw PageUnsupported(fmt::format("a page of encoding {}", static_cast<int>(page.header.encoding)));
  }
}

/// All lengths stand in front of the texts and say where these start, so they are decoded at once.
void TextPage::start_lengths(const Page& page) {
  DeltaDecoder deltas(page.values);
  std::uint64_t count = deltas.values_left();
  if (count > static_cast<std::uint64_t>(page.header.value_count)) {
    damaged_page("a page has more values than its header says");
  }
  std::byte* lengths = lengths_.reserve(static_cast<std::size_t>(count) * sizeof(std::int32_t));
  texts_.lengths = reinterpret_cast<std::int32_t*>(lengths);
  deltas.decode(reinterpret_cast<std::int32_t*>(lengths), static_cast<std::size_t>(count));
  texts_.bytes = deltas.rest();
  lengths_left_ = static_cast<std::int64_t>(count);
}

bool TextPage::is_ascii() const { return are_ascii(texts_); }

PackedTexts& TextPage::texts(std::int64_t count) {
  if (texts_.lengths != nullptr) {
    if (count > lengths_left_) damaged_page("a page has fewer values than its header says");
    lengths_left_ -= count;
  }
  return texts_;
}

void TextPage::end() const {
  bool ended = is_coded_ ? codes_.at_end() : texts_.bytes.empty() && (texts_.lengths == nullptr || lengths_left_ == 0);
  if (!ended) damaged_page("a page has more values than its header says");
}

bool are_ascii(const PackedTexts& texts) {
  std::int64_t high_bits = count_high_bits(texts.bytes);
  if (high_bits == 0 || texts.lengths != nullptr) return high_bits == 0;
  // Lengths from 128 on have high bits as well: those are left out.
  std::span<const std::byte> left = texts.bytes;
  while (left.size() >= kTextLengthBytes) {
    std::uint32_t size_bytes = 0;
    std::memcpy(&size_bytes, left.data(), sizeof(size_bytes));
    high_bits -= std::popcount(size_bytes & 0x80808080);
    left = left.subspan(kTextLengthBytes);
    if (left.size() < size_bytes) return false;
    left = left.subspan(size_bytes);
  }
  return high_bits == 0;
}

Column dictionary_entries(const Page& page, const Type& type, MemoryBudget& memory) {
  std::int64_t count = page.header.value_count;
  if (static_cast<std::size_t>(count) > page.values.size() / kTextLengthBytes) texts_end_too_early();
  TextColumn entries(type, memory);
  entries.begin(count);
  PackedTexts texts{page.values};
  entries.append(texts, count, nullptr);
  if (!texts.bytes.empty()) damaged_page("a dictionary has more entries than its header says");
  return entries.finish(nullptr);
}

}  // namespace headrace
