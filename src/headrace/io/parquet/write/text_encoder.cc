// Strings and binaries as BYTE_ARRAY. See value_encoder.h.
#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "headrace/io/parquet/write/distinct_values.h"
#include "headrace/io/parquet/write/leaf_values.h"
#include "headrace/io/parquet/write/value_encoder.h"

namespace headrace {
namespace {

constexpr std::size_t kDistinctMax = 65536;
constexpr std::size_t kDictionaryBytesMax = 1 << 20;
/// Longer ones are left out of the footer.
constexpr std::size_t kBoundBytesMax = 4096;

/// Calls `visit` with each text that is not null.
template <typename Visit>
void for_each_text(std::span<const RowRange> rows, const Visit& visit) {
  for_each_leaf_range(rows, [&](const RowRange& leaves) {
    for (std::int64_t row = leaves.begin; row < leaves.end; ++row) {
      std::int64_t at = leaves.source(row);
      if (at >= 0) visit(leaves.values->string_at(at));
    }
  });
}

void put_text(std::string_view text, GrowingBytes& page) {
  std::uint32_t size = static_cast<std::uint32_t>(text.size());
  page.append(&size, sizeof(size));
  page.append(text.data(), text.size());
}

class TextEncoder final : public ValueEncoder {
 public:
  explicit TextEncoder(std::shared_ptr<MemoryBudget> memory) : indices_(std::move(memory)), distinct_(kDistinctMax) {}

  void start(std::span<const RowRange> /*rows*/) override {
    distinct_.clear();
    dictionary_bytes_ = 0;
    is_plain_ = false;
    has_text_ = false;
  }

  parquet::Encoding::type put_page(std::span<const RowRange> rows, std::size_t value_count,
                                   GrowingBytes& page) override {
    if (value_count == 0) return parquet::Encoding::PLAIN;
    if (!is_plain_ && put_distinct(rows, value_count, page)) return parquet::Encoding::RLE_DICTIONARY;
    is_plain_ = true;
    for_each_text(rows, [&](std::string_view text) {
      put_text(text, page);
      widen_bounds(text);
    });
    return parquet::Encoding::PLAIN;
  }

  std::size_t put_dictionary(GrowingBytes& page) override {
    for (std::string_view text : distinct_.values()) {
      put_text(text, page);
      widen_bounds(text);
    }
    return distinct_.size();
  }

  ValueBounds bounds() const override {
    if (!has_text_ || min_.size() > kBoundBytesMax || max_.size() > kBoundBytesMax) return {};
    return {std::string(min_), std::string(max_)};
  }

 private:
  bool put_distinct(std::span<const RowRange> rows, std::size_t value_count, GrowingBytes& page) {
    std::size_t known = distinct_.size();
    std::size_t known_bytes = dictionary_bytes_;
    std::uint32_t* out = indices_.array<std::uint32_t>(value_count).data();
    std::uint32_t* next = out;
    bool fits = true;
    for_each_text(rows, [&](std::string_view text) {
      if (!fits) return;
      std::size_t size = distinct_.size();
      *next = distinct_.find_or_add(text);
      if (distinct_.size() > size) dictionary_bytes_ += text.size() + sizeof(std::uint32_t);
      fits = *next++ != DistinctValues<std::string_view>::kFull && dictionary_bytes_ <= kDictionaryBytesMax;
    });
    // A first page of which most texts differ is smaller as it is.
    if (known == 0 && distinct_.size() * 4 > value_count * 3) fits = false;
    if (!fits) {
      distinct_.shrink(known);
      dictionary_bytes_ = known_bytes;
      return false;
    }
    put_indices({out, value_count}, distinct_.size(), page);
    return true;
  }

  void widen_bounds(std::string_view text) {
    if (!has_text_ || text < min_) min_ = text;
    if (!has_text_ || text > max_) max_ = text;
    has_text_ = true;
  }

  GrowingBytes indices_;
  DistinctValues<std::string_view> distinct_;
  std::size_t dictionary_bytes_ = 0;
  bool is_plain_ = false;
  bool has_text_ = false;
  std::string_view min_;
  std::string_view max_;
};

}  // namespace

std::unique_ptr<ValueEncoder> make_text_encoder(const std::shared_ptr<MemoryBudget>& memory) {
  return std::make_unique<TextEncoder>(memory);
}

}  // namespace headrace
