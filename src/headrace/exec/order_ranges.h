// An order of rows in pieces: rows are dealt to ranges that follow one another, and each range is put in order by
// itself (order_rows.h), by another task.
//
// Ranges lie between keys of the columns that decide the order (sort_keys.h); the keys that they begin with are taken
// from a sample, so that ranges are about equal. Rows of equal keys are in one range. A shuffle alone needs no keys: a
// range has the rows whose places in the whole permutation are in its part of it, and shuffles them once more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "headrace/column/column.h"
#include "headrace/exec/encode_rows.h"
#include "headrace/expr/dictionary_cache.h"
#include "headrace/kernel/permutation.h"
#include "headrace/kernel/sort_keys.h"
#include "headrace/plan/shard_layout.h"

namespace headrace {

/// The columns that decide an order, each once: those that make partitions, then those that rows are sorted by.
struct OrderColumns {
  OrderColumns(const RowOrder& order, const Schema& schema);
  std::vector<Column> of(const Batch& rows) const;

  std::vector<std::size_t> indexes;
  std::vector<SortOrder> orders;
};

/// The ranges of the rows of a part.
struct OrderRanges {
  std::uint64_t row_count = 0;      // of the part
  std::size_t count = 1;            // of ranges
  std::vector<std::string> starts;  // keys that each range but the first begins with; none: by place in a shuffle
};

/// Whether ranges of an order are cut by keys.
inline bool is_cut_by_keys(const RowOrder& order) { return !order.partition_by.empty() || !order.sort_by.empty(); }

/// The keys of every n-th row. Of rows that are not encoded yet, only the columns that decide the order are, and only
/// for these rows. Thread-safe.
class KeySample {
 public:
  KeySample(const OrderColumns& order, const EncodedColumns& columns, std::uint64_t step,
            std::shared_ptr<MemoryBudget> memory);

  /// Which of the rows first_row, first_row + 1, … it takes: those whose number is a multiple of `step`; the first of
  /// the rows is 0 here.
  std::vector<std::int32_t> rows_of(std::uint64_t first_row, std::int64_t row_count) const;
  /// The keys of the rows `picked`. `ties` has what tells each from others of equal keys, or nothing.
  std::vector<std::string> keys_of(const Batch& rows, std::span<const std::int32_t> picked,
                                   std::span<const std::uint64_t> ties);

 private:
  EncodedColumns columns_;  // those that decide the order
  std::vector<SortOrder> orders_;
  std::uint64_t step_;
  std::shared_ptr<MemoryBudget> memory_;
  DictionaryCache dictionaries_;
};

/// Where the ranges begin that a sample of keys says are about equal.
std::vector<std::string> cut_ranges(std::vector<std::string> sample, std::size_t range_count);

/// Deals encoded rows to ranges.
class RangeDealer {
 public:
  RangeDealer(const RowOrder& order, const Schema& schema, OrderRanges ranges, std::shared_ptr<MemoryBudget> memory);

  /// The range of each of the rows first_row, first_row + 1, … of the part.
  std::vector<std::uint32_t> ranges_of(const Batch& rows, std::uint64_t first_row) const;

 private:
  OrderColumns columns_;
  OrderRanges ranges_;
  std::optional<Permutation> places_;
  std::shared_ptr<MemoryBudget> memory_;
};

/// The order of the rows of a range by themselves.
RowOrder order_in_range(RowOrder order, std::size_t range);

}  // namespace headrace
