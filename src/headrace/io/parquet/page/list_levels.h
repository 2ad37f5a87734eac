// The levels of the pages of lists of single values.
//
// A pair of levels stands for an element, an empty list or a null list; repetition 0 starts a row.
#pragma once

#include <cstdint>

#include "headrace/io/parquet/page/chunk_pages.h"
#include "headrace/io/parquet/page/scratch.h"

namespace headrace {

class ListLevels {
 public:
  ListLevels(bool lists_nullable, bool elements_nullable, MemoryBudget& memory);

  /// Decodes the levels of `page`. Throws PageError for levels that are missing or too high.
  void start(const Page& page);

  std::int64_t count() const { return count_; }
  /// Whether each pair stands for an element that is not null.
  bool all_valid() const { return all_valid_; }
  /// Whether they are all_valid() and just every `size`-th starts a row, `begun` elements of the first row being on
  /// earlier pages.
  bool is_regular(std::int64_t size, std::int64_t begun) const;

  bool starts_row(std::int64_t at) const { return repetition_[at] == 0; }
  bool is_null_list(std::int64_t at) const { return !all_valid_ && definition_[at] < present_level_; }
  bool has_element(std::int64_t at) const { return all_valid_ || definition_[at] >= element_level_; }
  bool is_valid(std::int64_t at) const { return all_valid_ || definition_[at] == valid_level_; }

 private:
  std::uint8_t present_level_;  // from here on a list is not null
  std::uint8_t element_level_;  // from here on it has an element
  std::uint8_t valid_level_;    // and that is not null
  ScratchBytes repetition_bytes_;
  ScratchBytes definition_bytes_;
  const std::uint8_t* repetition_ = nullptr;
  const std::uint8_t* definition_ = nullptr;  // unless all_valid_
  std::int64_t count_ = 0;
  bool all_valid_ = false;
};

}  // namespace headrace
