// A digest of rows that does not depend on their order: equal for two data sets that hold the same rows, each as often,
// and for others with a chance of about 2^-64 only.
//
//   word    8 bytes of a value: of bool, integers, dates and timestamps the value as int64; of floats the bits as
//           float64, -0.0 as 0.0 and every NaN as one; of other values their hash (kernel/hash.h), lists and structs:
//           hash_combine of their parts' words; of null: kNullHash
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

namespace headrace {

class RowDigest {
 public:
  void add(const Batch& batch);
  void merge(const RowDigest& other) { sum_ += other.sum_; }
  std::string to_string() const;

  friend bool operator==(const RowDigest& a, const RowDigest& b) { return a.sum_ == b.sum_; }

 private:
  __extension__ typedef unsigned __int128 UInt128;
  UInt128 sum_ = 0;
  std::vector<UInt128> row_sums_;     // of a piece of a batch
  std::vector<std::uint64_t> words_;  // of one column of it
};

}  // namespace headrace
