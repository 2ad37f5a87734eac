// What is told of the values of a column and of a table: plain numbers, ready to be written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "headrace/column/value.h"

namespace headrace {

/// The figures of one column, or of the elements of its lists. What a type does not have is empty.
struct ColumnFigures {
  struct Distinct {
    std::int64_t count = 0;
    bool is_exact = true;  // false: an estimate, see kernel/distinct_sketch.h
  };
  struct Quantile {
    int percent;
    Value value;  // the least value that so many percent of the values do not exceed
  };
  struct TopValue {
    Value value;
    std::int64_t count;
  };
  /// Bar i counts the values from edges[i] up to edges[i + 1]; the last one also those that equal the last edge.
  struct Histogram {
    std::vector<Value> edges;
    std::vector<std::int64_t> counts;
  };
  /// Bytes of texts, elements of lists.
  struct Lengths {
    std::int64_t min = 0;
    std::int64_t max = 0;
    double mean = 0;
  };

  std::string name;
  std::string type;
  std::int64_t rows = 0;
  std::int64_t nulls = 0;
  std::int64_t nans = 0;  // floats: counted here and in nothing below
  std::optional<Distinct> distinct;
  /// Whether every value was counted. Else quantiles and histogram are taken from ranges of values (key_histogram.h),
  /// and there are no top values.
  bool is_counted = false;
  std::optional<Value> min;
  std::optional<Value> max;
  std::optional<double> mean;
  std::optional<double> stddev;  // of a sample; empty for less than two values
  std::vector<Quantile> quantiles;
  std::vector<TopValue> top;  // by count, then by value
  std::optional<Histogram> histogram;
  std::optional<Lengths> lengths;
  std::vector<ColumnFigures> elements;  // of lists: one
};

struct TableFigures {
  std::int64_t rows = 0;
  std::vector<ColumnFigures> columns;
  /// Why there are none; else empty.
  std::string left_out;
  double seconds = 0;  // summed over workers
};

}  // namespace headrace
