// Texts of pages as their hashes. See leaf_values.h.
//
// A page of texts is hashed where it lies, one of codes by the hashes of the dictionary's entries. Whether texts are
// UTF-8 is asked of the page as a whole first: where it is ASCII, all are.
#include <algorithm>
#include <string_view>
#include <utility>

#include "headrace/base/ascii.h"
#include "headrace/io/excerpt.h"
#include "headrace/io/parquet/page/leaf_values.h"
#include "headrace/io/parquet/page/page_error.h"
#include "headrace/io/parquet/page/spread.h"
#include "headrace/io/parquet/page/text_page.h"
#include "headrace/io/parquet/page/text_walk.h"
#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

std::string_view view_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class TextHashes final : public LeafValues {
 public:
  TextHashes(BadText on_bad_text, MemoryBudget& memory)
      : on_bad_text_(std::move(on_bad_text)), memory_(memory), page_(memory), codes_(memory, nullptr) {}

  void dictionary(const Page& page) override {
    std::int64_t count = page.header.value_count;
    dictionary_ = dictionary_entries(page, TypeKind::kBinary, memory_);
    entry_hashes_ = Buffer::allocate(memory_, static_cast<std::size_t>(count) * sizeof(std::uint64_t));
    std::uint64_t* hashes = entry_hashes_->mutable_as<std::uint64_t>();
    for (std::int64_t entry = 0; entry < count; ++entry) hashes[entry] = hash_bytes(dictionary_.string_at(entry));
    has_bad_entries_ = on_bad_text_ && !are_ascii({page.values});
  }

  void start_page(const Page& page) override {
    page_.start(page, static_cast<std::size_t>(dictionary_.length()));
    checks_texts_ = on_bad_text_ && !page_.is_coded() && !page_.is_ascii();
  }
  void end_page() override { page_.end(); }

  void begin(std::int64_t capacity) override {
    hashes_ = Buffer::allocate(memory_, static_cast<std::size_t>(capacity) * sizeof(std::uint64_t));
    capacity_ = capacity;
    length_ = 0;
  }

  void append(std::int64_t count, const std::uint8_t* validity, std::int64_t valid_count) override {
    if (count > capacity_ - length_) damaged_page("more rows than asked for");
    std::uint64_t* out = hashes_->mutable_as<std::uint64_t>() + length_;
    if (page_.is_coded()) {
      append_codes(out, count, validity, valid_count);
    } else {
      append_texts(out, count, valid_count < count ? validity : nullptr, valid_count);
    }
    length_ += count;
  }

  Column finish(std::shared_ptr<const Buffer>) override {
    return Column::fixed(TypeKind::kInt64, length_, std::move(hashes_));
  }

 private:
  void append_texts(std::uint64_t* out, std::int64_t count, const std::uint8_t* validity, std::int64_t valid_count) {
    std::int64_t row = 0;
    walk_texts(page_.texts(valid_count), count, validity, [&](std::span<const std::byte> bytes) {
      std::string_view text = view_of(bytes);
      out[row] = hash_bytes(text);
      if (checks_texts_) check_text(text, out[row], row);
      ++row;
    });
    for (row = 0; validity != nullptr && row < count; ++row) out[row] = validity[row] != 0 ? out[row] : kNullHash;
  }

  void check_text(std::string_view text, std::uint64_t& hash, std::int64_t row) {
    if (is_ascii(text) || valid_utf8_bytes(text) == text.size()) return;
    hash = kNullHash;
    on_bad_text_(length_ + row, text);
  }

  void append_codes(std::uint64_t* out, std::int64_t count, const std::uint8_t* validity, std::int64_t valid_count) {
    std::size_t valid = static_cast<std::size_t>(valid_count);
    codes_.reserve(valid * sizeof(std::uint32_t));
    std::uint32_t* codes = reinterpret_cast<std::uint32_t*>(codes_.data());
    page_.codes().decode(codes, valid);
    const std::uint64_t* hashes = entry_hashes_ == nullptr ? nullptr : entry_hashes_->mutable_as<std::uint64_t>();
    for (std::size_t i = 0; i < valid; ++i) out[i] = hashes[codes[i]];
    if (valid_count < count) spread(out, count, validity, valid_count, kNullHash);
    if (!has_bad_entries_) return;
    std::size_t next = 0;
    for (std::int64_t row = 0; row < count; ++row) {
      if (valid_count < count && validity[row] == 0) continue;
      check_text(dictionary_.string_at(codes[next++]), out[row], row);
    }
  }

  BadText on_bad_text_;
  MemoryBudget& memory_;
  TextPage page_;
  Column dictionary_;
  std::shared_ptr<Buffer> entry_hashes_;
  bool has_bad_entries_ = false;  // perhaps
  bool checks_texts_ = false;
  ScratchBytes codes_;
  std::shared_ptr<Buffer> hashes_;
  std::int64_t capacity_ = 0;
  std::int64_t length_ = 0;
};

}  // namespace

std::unique_ptr<LeafValues> make_text_hashes(BadText on_bad_text, MemoryBudget& memory) {
  return std::make_unique<TextHashes>(std::move(on_bad_text), memory);
}

}  // namespace headrace
