// A digest of rows that does not depend on their order: equal for two data sets exactly when they hold the same rows,
// each as often.
//
//   value   8 bytes: its hash by type (kernel/hash.h); null: kNullHash; lists, fixed_size_lists and structs:
//           hash_combine of their parts
//   row     XXH3-128, seed 0, of its columns' hashes in order, 8 bytes little-endian each
//   digest  the sum of the rows modulo 2^128: "xxh3sum:<32 hex digits>"
//
// So sums over any split of the rows add up, and -0.0 counts as 0.0, one NaN as another.
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
  std::vector<std::uint64_t> hashes_;  // of a piece of a batch, row by row
  std::vector<std::uint64_t> column_hashes_;
};

}  // namespace headrace
