// Distinct keys to numbers: what joins and group_by look rows up in.
//
// A key is one row of one or more columns. The form of the table follows the key (a ladder, best first):
//
//   one column of at most 8 bytes    the value is a word: a plain array where values lie close, else a table of words
//   one column of text or decimal    a table of texts
//   several columns                  packed into one word, each column by its range; columns that are too wide, and
//                                    texts, by their number in a table of their own
//   too wide even so                 the numbers of all columns, as a text
//
// Ranges show only as rows come: the packing is made anew when a row does not fit, the numbers of keys stay.
// -0.0 is 0.0 and all NaN are one.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "headrace/base/memory_budget.h"
#include "headrace/column/column.h"
#include "headrace/exec/key_packing.h"
#include "headrace/kernel/key_part.h"

namespace headrace {

/// What lookups in one KeyIndex need beside it: buffers, reused from call to call, and the numbers of the values of a
/// dictionary, valid as long as nothing is inserted. One object a thread.
struct KeyLookup {
  std::vector<PartRows> parts;
  std::vector<std::uint64_t> words;
  std::vector<std::uint8_t> valid;
  std::vector<std::uint32_t> wide_keys;
  PartRows wide;
};

class KeyIndex {
 public:
  /// Throws Error(kUnsupported) for a type that cannot be a key (list, struct).
  KeyIndex(const std::vector<Type>& types, MemoryBudget& memory);

  /// Sets ids[i] to the number of row i's key, giving new keys the next numbers in order of first appearance. A null is
  /// a value here: it equals null.
  void insert(std::span<const Column> keys, std::size_t row_count, std::vector<std::uint32_t>& ids);

  /// Fills the empty index with the keys of a table: a key's number is the first row that has it. Sets first_rows[i] to
  /// the number of row i's key, or to -1 where any of its columns is null: such rows are left out.
  void insert_rows(std::span<const Column> keys, std::size_t row_count, std::span<std::int32_t> first_rows);

  /// Sets ids[i] to the number of row i's key, or to -1 when it is not there or any of its columns is null. Thread-safe
  /// beside other find() calls.
  void find(std::span<const Column> keys, std::size_t row_count, KeyLookup& lookup,
            std::vector<std::int32_t>& ids) const;

  /// Different keys.
  std::size_t size() const { return count_; }

 private:
  enum class Form { kNone, kWord, kText, kPacked, kWide };

  template <typename NewId, typename NullId>
  void insert_rows_of_form(std::span<const Column> keys, std::size_t row_count, std::span<std::int32_t> ids,
                           bool nulls_are_values, const NewId& new_id, const NullId& null_id);
  /// Numbers or words of all parts of new rows, and a packing that holds them.
  void encode_new(std::span<const Column> keys);
  void make_packing();
  /// Tells the table of words of all keys that will come.
  void expect_range_of(const Column& key, std::size_t row_count);
  /// The rows of lookup.parts as texts of numbers.
  static TextRows wide_rows(std::size_t row_count, KeyLookup& lookup);
  /// Sets lookup.valid to 0 where any part is null or not found, and returns it; nullptr: all are valid.
  static const std::uint8_t* all_valid(std::size_t row_count, KeyLookup& lookup);

  Form form_;
  MemoryBudget* memory_;
  std::vector<KeyPart> parts_;
  Packing packing_;
  std::unique_ptr<WordTable> words_;
  std::unique_ptr<TextTable> texts_;
  std::int32_t null_id_ = -1;  // of the key that is one null
  std::size_t count_ = 0;
  KeyLookup inserts_;
};

}  // namespace headrace
