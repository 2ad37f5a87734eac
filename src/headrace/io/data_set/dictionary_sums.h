// Digests of dictionaries instead of rows.
//
// Columns that are coded by the same codes, such as those that a join brought from one table, add to a row's sum
// (row_digest.h) what depends on the row's code alone. It is summed up once for each value of the dictionaries and then
// looked up by code: once a row, however many columns there are.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "headrace/base/guarded.h"
#include "headrace/base/memory_budget.h"
#include "headrace/column/column.h"
#include "headrace/kernel/wide_integer.h"

namespace headrace {

/// The columns of a batch, by number, that one set of codes stands for.
struct CodedColumns {
  std::vector<std::size_t> columns;
  std::vector<std::shared_ptr<const Column>> dictionaries;  // of each of them; all have one length
};

/// By what a column's word is multiplied before it is added to its row's sum; odd.
std::uint64_t digest_multiplier(std::size_t column);

/// Keeps the sums of dictionaries for all workers that share it. Thread-safe.
class DictionarySums {
 public:
  /// Sums, modulo 2^128, by code: a decimal column has those of the dictionary's values.
  struct Sums {
    Uint128 of_null = 0;
    std::shared_ptr<const Column> of_values;
  };

  explicit DictionarySums(MemoryBudget& memory) : memory_(memory.shared_from_this()) {}

  /// The sums of the columns' words times their multipliers; without of_values as long as the rows of all calls do not
  /// make up for the work, and when they do not fit into memory.
  Sums find(const CodedColumns& coded, std::int64_t row_count);

 private:
  struct State {
    std::int64_t rows_seen = 0;
    bool fits = true;
    Sums sums;
  };
  struct Entry {
    std::vector<std::weak_ptr<const Column>> dictionaries;
    Guarded<State> state;
  };

  std::shared_ptr<Entry> entry(const CodedColumns& coded);
  Sums add_up(const CodedColumns& coded) const;

  std::shared_ptr<MemoryBudget> memory_;
  Guarded<std::multimap<std::vector<std::size_t>, std::shared_ptr<Entry>>> entries_;  // by the columns' numbers
};

}  // namespace headrace
