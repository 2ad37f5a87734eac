// A digest of rows that does not depend on their order: equal for two data sets that hold the same rows, each as often,
// and for others with a chance of about 2^-64 only.
//
//   word    8 bytes of a value (value_words.h)
//   row     XXH3-128, seed 0, of 16 bytes, little-endian: the sum over columns, modulo 2^128, of the column's word
//           times its multiplier: hash_int64 of the column's number, counted from 0, with the lowest bit set
//   digest  the sum of the rows modulo 2^128: "xxh3sum:<32 hex digits>"
//
// So sums over any split of the rows add up, and a column of numbers costs a multiplication a row. Nothing depends on
// whether columns are plain or in dictionary layout.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/column/column.h"
#include "headrace/io/data_set/dictionary_sums.h"

namespace headrace {

class RowDigest {
 public:
  using Flatten = std::function<Column(const Column&)>;

  /// Adds the rows of a batch.
  void add(const Batch& batch) { add(batch, {}); }
  /// The same; what columns with one set of codes add to rows is taken from `dictionaries`, by `flatten`.
  void add(const Batch& batch, DictionarySums& dictionaries, const Flatten& flatten);
  void merge(const RowDigest& other) { sum_ += other.sum_; }
  std::string to_string() const;
  /// The digest that has this text, which is one.
  static RowDigest from_string(std::string_view text);

  friend bool operator==(const RowDigest& a, const RowDigest& b) { return a.sum_ == b.sum_; }

 private:
  /// Columns whose sums are known, row by row.
  struct SummedColumns {
    std::vector<std::size_t> columns;
    const std::int32_t* codes;
    Uint128 of_null;  // where a code is negative
    Column sums;
  };
  void add(const Batch& batch, const std::vector<SummedColumns>& summed);

  Uint128 sum_ = 0;
  std::vector<Uint128> row_sums_;     // of a piece of a batch
  std::vector<std::uint64_t> words_;  // of one column of it
};

}  // namespace headrace
