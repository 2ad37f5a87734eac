// Columns of lists. See column_pages.h.
//
// A level pair stands for an element, an empty list or a null list; repetition 0 starts a row. A row ends where the
// next one starts, so a batch is complete when the first level of the next row is seen, or the chunk ends.
#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "headrace/io/parquet/page/column_pages.h"
#include "headrace/io/parquet/page/hybrid_decoder.h"
#include "headrace/io/parquet/page/page_error.h"
#include "headrace/io/parquet/page/page_walk.h"

namespace headrace {
namespace {

int width_of(int level_max) { return level_max > 1 ? 2 : level_max; }

/// A byte a row or element, growing.
class GrowingValidity {
 public:
  explicit GrowingValidity(MemoryBudget& memory) : memory_(memory) {}

  void begin(std::int64_t capacity) {
    bytes_ = Buffer::allocate(memory_, static_cast<std::size_t>(capacity));
    length_ = 0;
    has_nulls_ = false;
  }
  /// Room for `count` more.
  std::uint8_t* grow(std::int64_t count) {
    std::size_t needed = static_cast<std::size_t>(length_ + count);
    if (needed > bytes_->size_bytes()) {
      std::shared_ptr<Buffer> larger = Buffer::allocate(memory_, std::max(needed, bytes_->size_bytes() * 2));
      std::memcpy(larger->mutable_data(), bytes_->data(), static_cast<std::size_t>(length_));
      bytes_ = std::move(larger);
    }
    std::uint8_t* end = bytes_->mutable_as<std::uint8_t>() + length_;
    length_ += count;
    return end;
  }
  void shrink(std::int64_t count) { length_ -= count; }
  void note_nulls() { has_nulls_ = true; }
  std::shared_ptr<const Buffer> finish() { return has_nulls_ ? std::move(bytes_) : nullptr; }

 private:
  MemoryBudget& memory_;
  std::shared_ptr<Buffer> bytes_;
  std::int64_t length_ = 0;
  bool has_nulls_ = false;
};

class ListPages final : public ColumnPages {
 public:
  ListPages(std::unique_ptr<ChunkPages> pages, std::unique_ptr<LeafValues> elements, Type type, bool lists_nullable,
            bool elements_nullable, MemoryBudget& memory)
      : walk_(std::move(pages), std::move(elements)),
        type_(std::move(type)),
        present_level_(lists_nullable ? 1 : 0),
        element_level_(present_level_ + 1),
        valid_level_(element_level_ + (elements_nullable ? 1 : 0)),
        memory_(memory),
        repetition_bytes_(memory, nullptr),
        definition_bytes_(memory, nullptr),
        row_validity_(memory),
        element_validity_(memory) {}

  Column read(std::int64_t row_count) override {
    walk_.values().begin(row_count);
    row_validity_.begin(row_count);
    element_validity_.begin(row_count);
    offsets_ = Buffer::allocate(memory_, static_cast<std::size_t>(row_count + 1) * sizeof(std::int32_t));
    rows_ = 0;
    elements_ = 0;
    valid_rows_ = row_validity_.grow(row_count);
    while (true) {
      if (at_ == levels_count_ && !next_page()) break;
      if (!take_levels(row_count)) break;
    }
    if (rows_ < row_count) damaged_page("its pages end before the other columns'");
    offsets_->mutable_as<std::int32_t>()[rows_] = static_cast<std::int32_t>(elements_);
    Column child = walk_.values().finish(element_validity_.finish());
    return Column::list(type_, row_count, std::move(offsets_), std::move(child), row_validity_.finish());
  }

  void check_ended() override {
    if (at_ < levels_count_ || next_page()) damaged_page("its pages hold more rows than the footer says");
  }

  std::int64_t bytes_read() const override { return walk_.chunk().bytes_read(); }

 private:
  bool next_page() {
    if (!walk_.next()) return false;
    const Page& page = walk_.page();
    levels_count_ = page.header.value_count;
    at_ = 0;
    std::size_t count = static_cast<std::size_t>(levels_count_);
    std::uint8_t* repetition_levels = reinterpret_cast<std::uint8_t*>(repetition_bytes_.reserve(count));
    std::uint8_t* definition_levels = reinterpret_cast<std::uint8_t*>(definition_bytes_.reserve(count));
    HybridDecoder repetition(page.repetition_levels, 1);
    repetition.decode(repetition_levels, count);
    HybridDecoder definition(page.definition_levels, width_of(valid_level_));
    definition.decode(definition_levels, count);
    repetition_ = repetition_levels;
    definition_ = definition_levels;
    bool is_v2 = page.header.kind == PageKind::kDataV2;
    if (is_v2 && !(repetition.at_end() && definition.at_end())) damaged_page("a page has too many levels");
    return true;
  }

  /// Takes the levels of the page at hand as far as they belong to the batch; false when the batch is complete.
  bool take_levels(std::int64_t row_count) {
    std::int64_t left = levels_count_ - at_;
    std::uint8_t* validity = element_validity_.grow(left);
    std::int32_t* offsets = offsets_->mutable_as<std::int32_t>();
    std::int64_t count = 0;
    std::int64_t valid_count = 0;
    for (; at_ < levels_count_; ++at_) {
      int level = definition_[at_];
      if (level > valid_level_) damaged_page("a level that is too high");
      if (repetition_[at_] == 0) {
        if (rows_ == row_count) break;
        offsets[rows_] = static_cast<std::int32_t>(elements_ + count);
        bool is_present = level >= present_level_;
        valid_rows_[rows_++] = is_present ? 1 : 0;
        if (!is_present) row_validity_.note_nulls();
      } else if (rows_ == 0 || level < element_level_) {
        damaged_page("an element that belongs to no list");
      }
      if (level < element_level_) continue;
      validity[count++] = level == valid_level_ ? 1 : 0;
      valid_count += level == valid_level_ ? 1 : 0;
    }
    element_validity_.shrink(left - count);
    if (valid_count < count) element_validity_.note_nulls();
    elements_ += count;
    if (elements_ > std::numeric_limits<std::int32_t>::max()) damaged_page("more than 2^31 elements in one batch");
    walk_.values().append(count, validity, valid_count);
    return at_ == levels_count_;
  }

  PageWalk walk_;
  Type type_;
  int present_level_;  // from here on a list is not null
  int element_level_;  // from here on it has an element
  int valid_level_;    // and that is not null
  MemoryBudget& memory_;
  ScratchBytes repetition_bytes_;
  ScratchBytes definition_bytes_;
  const std::uint8_t* definition_ = nullptr;
  const std::uint8_t* repetition_ = nullptr;
  std::int64_t levels_count_ = 0;
  std::int64_t at_ = 0;
  // The batch at hand:
  std::shared_ptr<Buffer> offsets_;
  GrowingValidity row_validity_;
  GrowingValidity element_validity_;
  std::uint8_t* valid_rows_ = nullptr;
  std::int64_t rows_ = 0;
  std::int64_t elements_ = 0;
};

}  // namespace

std::unique_ptr<ColumnPages> make_list_pages(std::unique_ptr<ChunkPages> pages, std::unique_ptr<LeafValues> elements,
                                             const Type& type, bool lists_nullable, bool elements_nullable,
                                             MemoryBudget& memory) {
  return std::make_unique<ListPages>(std::move(pages), std::move(elements), type, lists_nullable, elements_nullable,
                                     memory);
}

}  // namespace headrace
