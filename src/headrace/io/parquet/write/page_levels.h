// Repetition and definition levels of a page: how rows, nulls and lists are told from the values that follow.
//
//                      definition level                                     repetition level
//   row of one value   0 null, 1 value (not nullable: no levels)            -
//   row of a list      0 null (not nullable: not counted), then 0 empty,    0 a row's first entry, 1 its others
//                      1 an element that is null, 2 an element
//
// Each kind is written as its length in 4 bytes and the hybrid of hybrid_encoder.h.
#pragma once

#include <cstdint>
#include <memory>

#include "headrace/column/column.h"
#include "headrace/io/parquet/write/growing_bytes.h"
#include "headrace/io/row_range.h"

namespace headrace {

/// The highest levels of a column's leaf.
struct LevelLimits {
  explicit LevelLimits(const Field& field);
  std::uint8_t definition;
  std::uint8_t repetition;
};

class PageLevels {
 public:
  PageLevels(const Field& field, const std::shared_ptr<MemoryBudget>& memory);

  /// Forgets the last page.
  void start();
  /// Adds rows to the page.
  void add(const RowRange& rows);
  /// Appends the levels to a page.
  void put(GrowingBytes& page);

  /// Values, nulls and empty lists.
  std::int64_t entry_count() const { return entry_count_; }
  /// The values that are stored.
  std::int64_t value_count() const { return value_count_; }

 private:
  void add_plain(const RowRange& rows);
  void add_lists(const RowRange& rows);
  void add_list(const Column& list, std::int64_t at);
  bool add_regular_lists(const RowRange& rows);
  void define_all(std::int64_t count);
  std::uint8_t* define_each(std::int64_t count);
  void fill_repetition(std::int64_t list_count, std::int64_t size);
  void put_repetition(GrowingBytes& page);
  void put_definition(GrowingBytes& page);

  LevelLimits limits_;
  std::int64_t entry_count_ = 0;
  std::int64_t value_count_ = 0;
  GrowingBytes definition_;  // a byte an entry; empty as long as all entries are values
  GrowingBytes repetition_;  // a byte an entry; empty as long as all lists have one size
  std::int64_t regular_list_count_ = 0;
  std::int64_t regular_size_ = 0;  // elements of each list
  GrowingBytes regular_bytes_;     // the encoded levels of lists of one size, kept from page to page
  std::int64_t regular_bytes_entries_ = -1;
};

}  // namespace headrace
