// Columns of lists. See column_pages.h.
//
// A row ends where the next one starts, so a batch is complete when the first level of the next row is seen, or the
// chunk ends.
#include <limits>
#include <utility>

#include "headrace/io/parquet/page/column_pages.h"
#include "headrace/io/parquet/page/growing_validity.h"
#include "headrace/io/parquet/page/list_levels.h"
#include "headrace/io/parquet/page/page_error.h"
#include "headrace/io/parquet/page/page_walk.h"

namespace headrace {
namespace {

class ListPages final : public ColumnPages {
 public:
  ListPages(std::unique_ptr<ChunkPages> pages, std::unique_ptr<LeafValues> elements, Type type, bool lists_nullable,
            bool elements_nullable, MemoryBudget& memory)
      : walk_(std::move(pages), std::move(elements)),
        type_(std::move(type)),
        levels_(lists_nullable, elements_nullable, memory),
        memory_(memory),
        row_validity_(memory),
        element_validity_(memory) {}

  Column read(std::int64_t row_count) override {
    walk_.values().begin(row_count);
    row_validity_.begin(row_count);
    element_validity_.begin(row_count);
    offsets_ = Buffer::allocate(memory_, static_cast<std::size_t>(row_count + 1) * sizeof(std::int32_t));
    rows_ = 0;
    elements_ = 0;
    while (true) {
      if (at_ == levels_.count() && !next_page()) break;
      if (!(levels_.all_valid() ? take_valid(row_count) : take_levels(row_count))) break;
    }
    if (rows_ < row_count) damaged_page("its pages end before the other columns'");
    offsets_->mutable_as<std::int32_t>()[rows_] = static_cast<std::int32_t>(elements_);
    Column child = walk_.values().finish(element_validity_.finish());
    return Column::list(type_, row_count, std::move(offsets_), std::move(child), row_validity_.finish());
  }

  void check_ended() override {
    if (at_ < levels_.count() || next_page()) damaged_page("its pages hold more rows than the footer says");
  }

  std::int64_t bytes_read() const override { return walk_.chunk().bytes_read(); }

 private:
  bool next_page() {
    if (!walk_.next()) return false;
    levels_.start(walk_.page());
    at_ = 0;
    return true;
  }

  /// Takes the levels of the page at hand, all elements, as far as they belong to the batch; false when the batch is
  /// complete.
  bool take_valid(std::int64_t row_count) {
    std::int32_t* offsets = offsets_->mutable_as<std::int32_t>();
    std::int64_t start = at_;
    std::int64_t rows = rows_;
    if (rows == 0 && !levels_.starts_row(at_)) damaged_page("an element that belongs to no list");
    for (; at_ < levels_.count(); ++at_) {
      if (!levels_.starts_row(at_)) continue;
      if (rows == row_count) break;
      offsets[rows++] = static_cast<std::int32_t>(elements_ + at_ - start);
    }
    row_validity_.add_valid(rows - rows_);
    rows_ = rows;
    std::int64_t count = at_ - start;
    element_validity_.add_valid(count);
    append(count, nullptr, count);
    return at_ == levels_.count();
  }

  /// The same where lists may be null or empty, or elements null.
  bool take_levels(std::int64_t row_count) {
    std::int64_t left = levels_.count() - at_;
    std::uint8_t* validity = element_validity_.add(left);
    std::int32_t* offsets = offsets_->mutable_as<std::int32_t>();
    std::int64_t count = 0;
    std::int64_t valid_count = 0;
    for (; at_ < levels_.count(); ++at_) {
      bool has_element = levels_.has_element(at_);
      if (levels_.starts_row(at_)) {
        if (rows_ == row_count) break;
        offsets[rows_++] = static_cast<std::int32_t>(elements_ + count);
        bool is_null = levels_.is_null_list(at_);
        *row_validity_.add(1) = is_null ? 0 : 1;
        if (is_null) row_validity_.note_nulls();
      } else if (rows_ == 0 || !has_element) {
        damaged_page("an element that belongs to no list");
      }
      if (!has_element) continue;
      bool is_valid = levels_.is_valid(at_);
      validity[count++] = is_valid ? 1 : 0;
      valid_count += is_valid ? 1 : 0;
    }
    element_validity_.shrink(left - count);
    if (valid_count < count) element_validity_.note_nulls();
    append(count, validity, valid_count);
    return at_ == levels_.count();
  }

  void append(std::int64_t count, const std::uint8_t* validity, std::int64_t valid_count) {
    elements_ += count;
    if (elements_ > std::numeric_limits<std::int32_t>::max()) damaged_page("more than 2^31 elements in one batch");
    walk_.values().append(count, validity, valid_count);
  }

  PageWalk walk_;
  Type type_;
  ListLevels levels_;
  MemoryBudget& memory_;
  std::int64_t at_ = 0;  // in the levels of the page at hand
  // The batch at hand:
  std::shared_ptr<Buffer> offsets_;
  GrowingValidity row_validity_;
  GrowingValidity element_validity_;
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
