// Sort keys: byte strings that compare, byte by byte, as rows of several columns do, whatever their types; so that one
// comparison serves all.
//
//   column     a byte that puts nulls before or behind values; then, unless null, the value
//   numbers    order_key.h, the most significant byte first; a decimal's 128 bits with the sign bit flipped
//   texts      their bytes, 00 as 00 ff, and 00 00 at the end, so that a text comes before those that it begins
//   descending all bits of the value flipped
//   tie        8 bytes, the most significant first: the order of rows that are equal in all columns
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "headrace/base/memory_budget.h"
#include "headrace/column/column.h"

namespace headrace {

struct SortOrder {
  bool descending = false;
  bool nulls_last = false;
};

/// Whether rows can be ordered by columns of the type: not lists, structs or null.
bool has_sort_key(const Type& type);

class SortKeys {
 public:
  explicit SortKeys(std::shared_ptr<MemoryBudget> memory) : memory_(std::move(memory)) {}

  /// Makes the keys of all rows of `columns`, of any layout, in place of those that were there. An order for each
  /// column; ties for each row, or none. Requires: has_sort_key() of each type.
  void make(std::span<const Column> columns, std::span<const SortOrder> orders, std::span<const std::uint64_t> ties);

  std::size_t size() const { return ends_.size(); }
  std::string_view operator[](std::size_t row) const {
    std::size_t start = row == 0 ? 0 : ends_[row - 1];
    return {bytes_.data() + start, ends_[row] - start};
  }
  /// The rows in ascending order of their keys; the first of equal ones first. At most 2^31 of them.
  std::vector<std::int32_t> order() const;

 private:
  std::shared_ptr<MemoryBudget> memory_;
  Reservation reservation_;
  std::vector<char> bytes_;
  std::vector<std::size_t> ends_;
};

}  // namespace headrace
