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
#include <string>
#include <vector>

#include "headrace/column/column.h"
#include "headrace/io/data_set/dictionary_sums.h"

namespace headrace {

class RowDigest {
 public:
  /// Adds the rows of a batch. Its columns that share codes are looked up in `dictionaries`, which may be nullptr.
  void add(const Batch& batch, DictionarySums* dictionaries = nullptr);
  void merge(const RowDigest& other) { sum_ += other.sum_; }
  std::string to_string() const;

  friend bool operator==(const RowDigest& a, const RowDigest& b) { return a.sum_ == b.sum_; }

 private:
  Uint128 sum_ = 0;
  std::vector<Uint128> row_sums_;     // of a piece of a batch
  std::vector<std::uint64_t> words_;  // of one column of it
};

}  // namespace headrace
