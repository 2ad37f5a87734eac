// Columns of lists of one size. See column_pages.h.
//
// A row is complete with its last element, so a batch never looks beyond its rows. A row may begin on one page and end
// on a later one. The elements under a null list are null.
#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "headrace/io/parquet/page/column_pages.h"
#include "headrace/io/parquet/page/growing_validity.h"
#include "headrace/io/parquet/page/list_levels.h"
#include "headrace/io/parquet/page/page_error.h"
#include "headrace/io/parquet/page/page_walk.h"

namespace headrace {
namespace {

class FixedListPages final : public ColumnPages {
 public:
  FixedListPages(std::unique_ptr<ChunkPages> pages, std::unique_ptr<LeafValues> elements, Type type,
                 bool lists_nullable, bool elements_nullable, MemoryBudget& memory)
      : walk_(std::move(pages), std::move(elements)),
        type_(std::move(type)),
        size_(type_.list_size()),
        levels_(lists_nullable, elements_nullable, memory),
        row_validity_(memory),
        element_validity_(memory) {}

  Column read(std::int64_t row_count) override {
    // A null list has one value in the chunk, whatever its size.
    std::int64_t elements = std::min(row_count * size_, std::max(row_count, walk_.chunk().place().value_count));
    walk_.values().begin(elements);
    row_validity_.begin(row_count);
    element_validity_.begin(elements);
    rows_ = 0;
    while (rows_ < row_count) {
      if (at_ == levels_.count() && !next_page()) ended_early();
      if (is_regular_) {
        take_regular(row_count);
      } else {
        take_levels(row_count);
      }
    }
    rows_before_ += rows_;
    Column child = walk_.values().finish(element_validity_.finish());
    return Column::fixed_size_list(type_, row_count, std::move(child), row_validity_.finish());
  }

  void check_ended() override {
    if (at_ == levels_.count() && !next_page()) return;
    rows_ = 0;
    if (!levels_.starts_row(at_)) misplaced();
    damaged_page("its pages hold more rows than the footer says");
  }

  std::int64_t bytes_read() const override { return walk_.chunk().bytes_read(); }

 private:
  bool next_page() {
    if (!walk_.next()) return false;
    levels_.start(walk_.page());
    is_regular_ = levels_.is_regular(size_, begun_);
    at_ = 0;
    return true;
  }

  /// Takes the elements of the page at hand that belong to the batch, where levels need no look.
  void take_regular(std::int64_t row_count) {
    std::int64_t count = std::min(levels_.count() - at_, (row_count - rows_) * size_ - begun_);
    element_validity_.add_valid(count);
    check_reach();
    walk_.values().append(count, nullptr, count);
    at_ += count;
    std::int64_t ended = (begun_ + count) / size_;
    row_validity_.add_valid(ended);
    rows_ += ended;
    begun_ = (begun_ + count) % size_;
  }

  /// The same, row by row.
  void take_levels(std::int64_t row_count) {
    std::int64_t first = element_validity_.length();
    std::int64_t valid_count = 0;
    while (at_ < levels_.count() && rows_ < row_count) {
      bool is_null = begun_ == 0 && levels_.starts_row(at_) && levels_.is_null_list(at_);
      if (is_null) {
        add_null_list();
      } else {
        valid_count += add_elements();
      }
    }
    check_reach();
    walk_.values().append(element_validity_.length() - first, element_validity_.from(first), valid_count);
  }

  /// Takes what the page has of the row at hand, which is not null, and returns how many of the elements are not.
  std::int64_t add_elements() {
    std::int64_t count = std::min(size_ - begun_, levels_.count() - at_);
    std::uint8_t* validity = element_validity_.add(count);
    std::int64_t valid_count = 0;
    for (std::int64_t i = 0; i < count; ++i, ++at_, ++begun_) {
      bool in_place = levels_.starts_row(at_) == (begun_ == 0) && levels_.has_element(at_);
      if (!in_place) misplaced();
      validity[i] = levels_.is_valid(at_) ? 1 : 0;
      valid_count += validity[i];
    }
    if (valid_count < count) element_validity_.note_nulls();
    if (begun_ == size_) {
      row_validity_.add_valid(1);
      ++rows_;
      begun_ = 0;
    }
    return valid_count;
  }

  /// Throws the PageError for a level that makes a list of another size, or none.
  [[noreturn]] void misplaced() const {
    if (!levels_.starts_row(at_)) {
      bool follows = levels_.has_element(at_) && begun_ == 0 && rows_before_ + rows_ > 0;
      if (follows) wrong_size(rows_ - 1, fmt::format("more than {} elements", size_));
      damaged_page("an element that belongs to no list");
    }
    too_short();
  }

  [[noreturn]] void ended_early() const {
    if (begun_ > 0) too_short();
    damaged_page("its pages end before the other columns'");
  }

  [[noreturn]] void too_short() const {
    wrong_size(rows_, begun_ == 1 ? "1 element" : fmt::format("{} elements", begun_));
  }

  [[noreturn]] void wrong_size(std::int64_t row, const std::string& found) const {
    damaged_page(fmt::format("the list in row {} of the row group has {} where {} takes {}", rows_before_ + row, found,
                             type_.to_string(), size_));
  }

  void add_null_list() {
    *row_validity_.add(1) = 0;
    row_validity_.note_nulls();
    ++rows_;
    ++at_;
    check_reach(size_);
    std::fill_n(element_validity_.add(size_), size_, std::uint8_t{0});
    element_validity_.note_nulls();
  }

  void check_reach(std::int64_t more = 0) const {
    if (element_validity_.length() + more > std::numeric_limits<std::int32_t>::max()) {
      damaged_page("more than 2^31 elements in one batch");
    }
  }

  PageWalk walk_;
  Type type_;
  std::int64_t size_;
  ListLevels levels_;
  bool is_regular_ = false;  // the page at hand
  std::int64_t at_ = 0;
  std::int64_t rows_before_ = 0;  // in earlier batches
  // The batch at hand:
  GrowingValidity row_validity_;
  GrowingValidity element_validity_;
  std::int64_t rows_ = 0;   // complete ones
  std::int64_t begun_ = 0;  // elements of the next one that have been taken
};

}  // namespace

std::unique_ptr<ColumnPages> make_fixed_list_pages(std::unique_ptr<ChunkPages> pages,
                                                   std::unique_ptr<LeafValues> elements, const Type& type,
                                                   bool lists_nullable, bool elements_nullable, MemoryBudget& memory) {
  return std::make_unique<FixedListPages>(std::move(pages), std::move(elements), type, lists_nullable,
                                          elements_nullable, memory);
}

}  // namespace headrace
