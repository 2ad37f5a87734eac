// The values of several columns side by side, a record a row, for rows that are looked up in any order.
//
// A value that is looked up in a large table costs an access to memory, whatever its size. When rows need values of
// several columns of the table, such as those that a join brought, they cost one access together if they lie together.
// Records are small: integers take the bytes of their range, floats with few distinct values one byte.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "headrace/column/column.h"

namespace headrace {

class RecordTable {
 public:
  using Columns = std::vector<std::shared_ptr<const Column>>;

  /// Whether records can hold the values of a column: plain ones of fixed width, lists of one size of such, and codes
  /// into values that are plain.
  static bool can_hold(const Column& column);

  /// Requires: can_hold(each), all of one length, at least one row. Throws Error(kOutOfMemory) when records would take
  /// more than `bytes_max`, or than the budget has.
  RecordTable(MemoryBudget& memory, const Columns& columns, std::size_t bytes_max);

  /// The place of a column among those given; it must be the same object.
  std::optional<std::size_t> find(const std::shared_ptr<const Column>& column) const;

  /// Of each column its rows `codes`, null where a code is negative: plain columns, and dictionary columns of those
  /// that were such.
  std::vector<Column> gather(MemoryBudget& memory, std::span<const std::int32_t> codes) const;

 private:
  /// Where the values of one column stand in a record, and what they mean.
  struct Lane {
    Type type;
    std::int64_t value_count = 1;              // a row: the size of a list
    std::size_t value_bytes = 0;               // of a value, outside
    std::size_t stored_bytes = 0;              // of a value, in a record
    std::uint64_t base = 0;                    // is added to what is stored
    std::uint64_t missing = 0;                 // the value of a row that is null
    std::shared_ptr<const Column> dictionary;  // if any: the values are codes into it
    std::vector<std::uint64_t> words;          // if any: the bits of the values that what is stored counts
    std::size_t offset = 0;
    std::optional<std::size_t> validity_offset;
  };
  struct Output;

  static Lane measure(const Column& column);
  void put(const Column& column, const Lane& lane);
  void prefetch(std::span<const std::int32_t> codes) const;
  void take(const Lane& lane, std::span<const std::int32_t> codes, std::int64_t first_row, Output& out) const;

  std::vector<std::weak_ptr<const Column>> columns_;
  std::vector<Lane> lanes_;
  std::size_t record_bytes_ = 0;
  std::shared_ptr<Buffer> records_;
};

}  // namespace headrace
