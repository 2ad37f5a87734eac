// The statistics of one column while its rows pass; state that merges in any order to the same figures.
//
// Numbers, bool, dates and timestamps are counted as numbers (decimals as the nearest float64), strings and binary as
// texts, lists by their lengths and their elements. Of structs only the rows and the nulls are counted.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "headrace/column/column.h"
#include "headrace/exec/statistics/column_figures.h"
#include "headrace/exec/statistics/number_profile.h"
#include "headrace/exec/statistics/text_profile.h"

namespace headrace {

class ColumnProfile {
 public:
  ColumnProfile(const Type& type, MemoryBudget& memory);

  /// Adds the rows of a plain column; row i comes times[i] times, once without `times`.
  void add(const Column& column, std::span<const std::int64_t> times = {});
  /// Adds `count` rows that are null.
  void add_nulls(std::int64_t count);
  void merge(const ColumnProfile& other);
  /// Writes all, for another process to read() into one of the same type that has seen nothing.
  void write(ByteWriter& out) const;
  void read(ByteReader& in);
  /// That the state holds.
  std::size_t bytes() const;

  /// All but the name.
  ColumnFigures figures() const;

 private:
  void add_numbers(const Column& column, std::span<const std::int64_t> times);
  template <typename T, typename KeyOf>
  void add_keys(const Column& column, std::span<const std::int64_t> times, const KeyOf& key_of);
  template <typename T>
  void add_floats(const Column& column, std::span<const std::int64_t> times);
  void add_lists(const Column& column, std::span<const std::int64_t> times);

  Type type_;
  std::shared_ptr<MemoryBudget> memory_;
  std::int64_t rows_ = 0;
  std::int64_t nulls_ = 0;
  std::int64_t nans_ = 0;
  std::optional<NumberProfile> numbers_;
  std::optional<TextProfile> texts_;
  std::optional<NumberProfile> lengths_;  // of lists of any length
  std::unique_ptr<ColumnProfile> elements_;
  std::vector<std::uint64_t> keys_;  // of a batch
};

}  // namespace headrace
