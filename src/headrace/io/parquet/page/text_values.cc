// See text_values.h.
//
// A column starts as codes where its first page has codes. When texts themselves follow within it (a dictionary that
// grew too large ends in the middle of a chunk), the codes become texts, and the column a plain one.
#include "headrace/io/parquet/page/text_values.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "headrace/io/parquet/page/spread.h"
#include "headrace/io/parquet/page/text_page.h"

namespace headrace {
namespace {

class TextValues final : public LeafValues {
 public:
  TextValues(const Type& type, bool is_plain, MemoryBudget& memory)
      : type_(type), is_always_plain_(is_plain), memory_(memory), page_(memory), texts_(type, memory) {}

  void dictionary(const Page& page) override {
    dictionary_ = std::make_shared<const Column>(dictionary_entries(page, type_, memory_));
  }

  void start_page(const Page& page) override {
    page_.start(page, dictionary_ == nullptr ? 0 : static_cast<std::size_t>(dictionary_->length()));
  }
  void end_page() override { page_.end(); }

  void begin(std::int64_t capacity) override {
    capacity_ = capacity;
    coded_rows_ = 0;
    codes_.reset();
    is_plain_ = is_always_plain_;
    if (is_plain_) texts_.begin(capacity);
  }

  void append(std::int64_t count, const std::uint8_t* validity, std::int64_t valid_count) override {
    if (page_.is_coded()) {
      append_codes(count, validity, valid_count);
    } else {
      become_plain();
      texts_.append(page_.texts(valid_count), count, valid_count < count ? validity : nullptr);
    }
  }

  Column finish(std::shared_ptr<const Buffer> validity) override {
    if (codes_ == nullptr || is_plain_) {
      become_plain();
      return texts_.finish(std::move(validity));
    }
    return Column::dictionary(coded_rows_, std::move(codes_), dictionary_);
  }

 private:
  void append_codes(std::int64_t count, const std::uint8_t* validity, std::int64_t valid_count) {
    std::int64_t needed = coded_rows_ + count;
    if (codes_ == nullptr || needed * static_cast<std::int64_t>(sizeof(std::int32_t)) > codes_bytes())
      grow_codes(needed);
    std::int32_t* codes = codes_->mutable_as<std::int32_t>() + coded_rows_;
    // Codes are less than the number of entries, which is a 32-bit number with a sign.
    page_.codes().decode(reinterpret_cast<std::uint32_t*>(codes), static_cast<std::size_t>(valid_count));
    if (valid_count < count) spread(codes, count, validity, valid_count, std::int32_t{-1});
    if (!is_plain_) {
      coded_rows_ = needed;
      return;
    }
    texts_.append_entries(entries(), {codes, static_cast<std::size_t>(count)});
  }

  std::int64_t codes_bytes() const { return static_cast<std::int64_t>(codes_->size_bytes()); }

  void grow_codes(std::int64_t rows) {
    std::int64_t capacity = std::max({capacity_, rows, coded_rows_ * 2});
    std::shared_ptr<Buffer> larger =
        Buffer::allocate(memory_, static_cast<std::size_t>(capacity) * sizeof(std::int32_t));
    if (coded_rows_ > 0) {
      std::memcpy(larger->mutable_data(), codes_->data(), static_cast<std::size_t>(coded_rows_) * sizeof(std::int32_t));
    }
    codes_ = std::move(larger);
  }

  void become_plain() {
    if (is_plain_) return;
    is_plain_ = true;
    texts_.begin(capacity_);
    if (coded_rows_ == 0) return;
    texts_.append_entries(entries(), {codes_->mutable_as<std::int32_t>(), static_cast<std::size_t>(coded_rows_)});
    coded_rows_ = 0;
  }

  /// Without a dictionary, all rows are null.
  const Column& entries() {
    if (dictionary_ == nullptr) {
      TextColumn none(type_, memory_);
      none.begin(0);
      dictionary_ = std::make_shared<const Column>(none.finish(nullptr));
    }
    return *dictionary_;
  }

  Type type_;
  bool is_always_plain_;
  MemoryBudget& memory_;
  TextPage page_;
  std::shared_ptr<const Column> dictionary_;
  TextColumn texts_;
  std::shared_ptr<Buffer> codes_;
  std::int64_t coded_rows_ = 0;
  std::int64_t capacity_ = 0;
  bool is_plain_ = false;
};

}  // namespace

std::unique_ptr<LeafValues> make_text_values(const Type& type, bool is_plain, MemoryBudget& memory) {
  return std::make_unique<TextValues>(type, is_plain, memory);
}

}  // namespace headrace
