// See list_levels.h.
#include "headrace/io/parquet/page/list_levels.h"

#include <algorithm>

#include "headrace/io/parquet/page/hybrid_decoder.h"
#include "headrace/io/parquet/page/page_error.h"

namespace headrace {
namespace {

int width_of(int level_max) { return level_max > 1 ? 2 : level_max; }

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
    std::uint8_t least = valid_level_;
    std::uint8_t greatest = 0;
    for (std::size_t i = 0; i < count; ++i) {
      least = std::min(least, definition_levels[i]);
      greatest = std::max(greatest, definition_levels[i]);
    }
    if (greatest > valid_level_) damaged_page("a level that is too high");
    all_valid_ = least == valid_level_;
  }
  bool is_v2 = page.header.kind == PageKind::kDataV2;
  if (is_v2 && !(repetition.at_end() && definition.at_end())) damaged_page("a page has too many levels");
}

bool ListLevels::is_regular(std::int64_t size, std::int64_t begun) const {
  if (!all_valid_) return false;
  std::int64_t not_started = 0;  // in each block below 2^31
  for (std::int64_t i = 0; i < count_; ++i) not_started += repetition_[i];
  std::int64_t rows = 0;
  for (std::int64_t i = begun == 0 ? 0 : size - begun; i < count_; i += size) {
    if (repetition_[i] != 0) return false;
    ++rows;
  }
  return rows == count_ - not_started;
}

}  // namespace headrace
