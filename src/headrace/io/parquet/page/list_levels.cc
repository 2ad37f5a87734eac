// See list_levels.h.
#include "headrace/io/parquet/page/list_levels.h"

#include <algorithm>
#include <utility>

#include "headrace/io/parquet/page/hybrid_decoder.h"
#include "headrace/io/parquet/page/level_sum.h"
#include "headrace/io/parquet/page/page_error.h"

namespace headrace {
namespace {

int width_of(int level_max) { return level_max > 1 ? 2 : level_max; }

/// The least and the greatest level, of at least one. By blocks of a fixed size, which compilers vectorise.
std::pair<std::uint8_t, std::uint8_t> range_of(const std::uint8_t* levels, std::size_t count) {
  constexpr std::size_t kBlock = 128;
  std::uint8_t least = levels[0];
  std::uint8_t greatest = levels[0];
  std::size_t done = 0;
  for (; done + kBlock <= count; done += kBlock) {
    for (std::size_t i = 0; i < kBlock; ++i) least = std::min(least, levels[done + i]);
    for (std::size_t i = 0; i < kBlock; ++i) greatest = std::max(greatest, levels[done + i]);
  }
  for (; done < count; ++done) {
    least = std::min(least, levels[done]);
    greatest = std::max(greatest, levels[done]);
  }
  return {least, greatest};
}

}  // namespace

ListLevels::ListLevels(bool lists_nullable, bool elements_nullable, MemoryBudget& memory)
    : present_level_(lists_nullable ? 1 : 0),
      element_level_(static_cast<std::uint8_t>(present_level_ + 1)),
      valid_level_(static_cast<std::uint8_t>(element_level_ + (elements_nullable ? 1 : 0))),
      repetition_bytes_(memory, nullptr),
      definition_bytes_(memory, nullptr) {}

void ListLevels::start(const Page& page) {
  count_ = page.header.value_count;
  std::size_t count = static_cast<std::size_t>(count_);
  std::uint8_t* repetition_levels = reinterpret_cast<std::uint8_t*>(repetition_bytes_.reserve(count));
  HybridDecoder repetition(page.repetition_levels, 1);
  repetition.decode(repetition_levels, count);
  repetition_ = repetition_levels;
  HybridDecoder definition(page.definition_levels, width_of(valid_level_));
  // Pages without nulls and empty lists have one run.
  all_valid_ = definition.skip_run_of(valid_level_, count);
  if (!all_valid_) {
    std::uint8_t* definition_levels = reinterpret_cast<std::uint8_t*>(definition_bytes_.reserve(count));
    definition.decode(definition_levels, count);
    definition_ = definition_levels;
    auto [least, greatest] = range_of(definition_levels, count);
    if (greatest > valid_level_) damaged_page("a level that is too high");
    all_valid_ = least == valid_level_;
  }
  bool is_v2 = page.header.kind == PageKind::kDataV2;
  if (is_v2 && !(repetition.at_end() && definition.at_end())) damaged_page("a page has too many levels");
}

bool ListLevels::is_regular(std::int64_t size, std::int64_t begun) const {
  if (!all_valid_) return false;
  std::int64_t rows = 0;
  for (std::int64_t i = begun == 0 ? 0 : size - begun; i < count_; i += size) {
    if (repetition_[i] != 0) return false;
    ++rows;
  }
  return rows == count_ - sum_of_levels(repetition_, count_);
}

}  // namespace headrace
