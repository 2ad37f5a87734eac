// Rows of a batch as MDS samples.
//
// Rows are taken in blocks: each column is measured, then written into the samples of the whole block, column by
// column, so that inner loops know what they copy.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "headrace/column/column.h"
#include "headrace/io/mds/mds_config.h"

namespace headrace {

class MdsEncoder {
 public:
  static constexpr std::int64_t kBlockRows = 256;

  /// Requires: all types of `schema` have an encoding.
  explicit MdsEncoder(const Schema& schema);

  const std::vector<MdsColumn>& columns() const { return columns_; }
  /// Measures the rows of `block`, at most kBlockRows, in plain layout and without nulls. Returns the size of each
  /// sample. Throws Error(kUnsupported) when a sample exceeds 4 GiB.
  std::span<const std::uint64_t> measure(const Batch& block);
  /// Writes the samples of the measured block, one after another.
  void encode(char* out);

 private:
  /// A column of the measured block.
  struct Value {
    std::size_t column_index = 0;  // in batches
    std::size_t size_bytes = 0;    // of one value; 0: each has its own
    std::size_t element_bytes = 0;
    Column column;
    std::vector<std::uint32_t> sizes;  // of the values, where each has its own
    std::string digits;                // of decimals, one after another
  };

  static void measure_value(Value& value);
  static void put_value(const Value& value, std::span<char*> places);

  std::vector<MdsColumn> columns_;
  std::vector<Value> values_;         // by column
  std::size_t fixed_bytes_ = 0;       // of a sample, the sizes in front included
  std::vector<std::uint64_t> sizes_;  // of the samples
};

}  // namespace headrace
