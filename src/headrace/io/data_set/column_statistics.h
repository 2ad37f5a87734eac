// What a manifest says of a column's values: how many are null, the least and the greatest.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "headrace/base/byte_stream.h"
#include "headrace/column/column.h"
#include "headrace/column/value.h"

namespace headrace {

/// Counts of rows, and bounds of values: of the elements, for lists. Integers, bool, dates and timestamps have integer
/// bounds, floats have floating ones without NaN; other types have none. Adding rows in any order gives the same.
class ColumnStatistics {
 public:
  void add(const Column& column);
  void merge(const ColumnStatistics& other);
  /// For another process, which reads the same.
  void write(ByteWriter& out) const;
  void read(ByteReader& in);

  std::int64_t null_count() const { return null_count_; }
  /// The least value, as int64 or float64; empty where there is none. -0.0 counts as 0.0.
  std::optional<Value> min() const;
  std::optional<Value> max() const;

 private:
  /// `level` counts the lists that the values are elements of.
  void add_bounds(const Column& values, std::size_t level);
  void add_bounds_of_new_entries(const Column& coded, std::size_t level);
  template <typename T>
  void add_ints(const Column& values);
  template <typename T>
  void add_floats(const Column& values);

  std::int64_t null_count_ = 0;
  bool has_ints_ = false;
  bool has_floats_ = false;
  std::int64_t int_min_ = 0;
  std::int64_t int_max_ = 0;
  double float_min_ = 0;
  double float_max_ = 0;
  // The dictionary that came last, and which of its entries are in the bounds: codes repeat, and so do dictionaries.
  struct CountedEntries {
    std::shared_ptr<const Column> dictionary;
    std::vector<bool> is_counted;
  };
  std::vector<CountedEntries> counted_entries_;  // by level
};

}  // namespace headrace
