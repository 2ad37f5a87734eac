// Columns of single values. See column_pages.h.
#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "headrace/io/parquet/page/column_pages.h"
#include "headrace/io/parquet/page/hybrid_decoder.h"
#include "headrace/io/parquet/page/level_sum.h"
#include "headrace/io/parquet/page/page_error.h"
#include "headrace/io/parquet/page/page_walk.h"

namespace headrace {
namespace {

class FlatPages final : public ColumnPages {
 public:
  FlatPages(std::unique_ptr<ChunkPages> pages, std::unique_ptr<LeafValues> values, MemoryBudget& memory)
      : walk_(std::move(pages), std::move(values)), memory_(memory) {}

  Column read(std::int64_t row_count) override {
    walk_.values().begin(row_count);
    std::shared_ptr<Buffer> validity;
    for (std::int64_t done = 0; done < row_count;) {
      if (page_left_ == 0 && !next_page()) damaged_page("its pages end before the other columns'");
      std::int64_t count = std::min(row_count - done, page_left_);
      append(done, count, row_count, validity);
      page_left_ -= count;
      done += count;
    }
    return walk_.values().finish(std::move(validity));
  }

  void check_ended() override {
    if (page_left_ > 0 || next_page()) damaged_page("its pages hold more rows than the footer says");
  }

  std::int64_t bytes_read() const override { return walk_.chunk().bytes_read(); }

 private:
  bool next_page() {
    check_null_count();
    page_nulls_ = 0;
    is_v2_ = false;
    if (!walk_.next()) return false;
    const Page& page = walk_.page();
    page_left_ = page.header.value_count;
    is_v2_ = page.header.kind == PageKind::kDataV2;
    has_levels_ = false;
    if (walk_.chunk().place().definition_max > 0) {
      levels_ = HybridDecoder(page.definition_levels, 1);
      // Most pages have no null: one run of ones, which is then passed over at once.
      has_levels_ = !levels_.skip_run_of(1, static_cast<std::size_t>(page_left_));
    }
    return true;
  }

  void check_null_count() const {
    if (!is_v2_) return;
    std::int64_t declared = walk_.page().header.null_count;
    if (page_nulls_ != declared) {
      damaged_page(fmt::format("a page holds {} nulls, its header says {}", page_nulls_, declared));
    }
    if (walk_.chunk().place().definition_max > 0 && !levels_.at_end()) damaged_page("a page has too many levels");
  }

  void append(std::int64_t done, std::int64_t count, std::int64_t row_count, std::shared_ptr<Buffer>& validity) {
    std::size_t first = static_cast<std::size_t>(done);
    if (!has_levels_) {
      if (validity != nullptr) std::memset(validity->mutable_data() + first, 1, static_cast<std::size_t>(count));
      return walk_.values().append(count, nullptr, count);
    }
    if (validity == nullptr) {
      validity = Buffer::allocate(memory_, static_cast<std::size_t>(row_count));
      std::memset(validity->mutable_data(), 1, first);
    }
    std::uint8_t* valid = validity->mutable_as<std::uint8_t>() + first;
    levels_.decode(valid, static_cast<std::size_t>(count));
    std::int64_t valid_count = sum_of_levels(valid, count);
    page_nulls_ += count - valid_count;
    walk_.values().append(count, valid, valid_count);
  }

  PageWalk walk_;
  MemoryBudget& memory_;
  HybridDecoder levels_;
  bool has_levels_ = false;  // of the page at hand: they tell nulls
  bool is_v2_ = false;
  std::int64_t page_left_ = 0;
  std::int64_t page_nulls_ = 0;
};

}  // namespace

std::unique_ptr<ColumnPages> make_flat_pages(std::unique_ptr<ChunkPages> pages, std::unique_ptr<LeafValues> values,
                                             MemoryBudget& memory) {
  return std::make_unique<FlatPages>(std::move(pages), std::move(values), memory);
}

}  // namespace headrace
