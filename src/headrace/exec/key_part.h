// One column of a key as numbers, for KeyIndex.
//
// Values of at most 8 bytes are words: integers sign-extended, floats by their bits with -0.0 as 0.0 and all NaN as
// one. Texts and decimals are numbered, value by value, in a table of the part; words can be too, when they are too
// wide to be packed with other parts.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "headrace/column/column.h"
#include "headrace/kernel/text_table.h"
#include "headrace/kernel/word_table.h"

namespace headrace {

/// The rows of one key column as numbers, with the buffers that this takes; reused from batch to batch.
struct PartRows {
  std::vector<std::uint64_t> words;
  const std::uint8_t* valid = nullptr;  // a byte a row: 0 where it is null, or not found; nullptr: all are valid

  std::vector<std::uint8_t> valid_bytes;
  std::vector<std::int32_t> ids;
  std::vector<std::uint64_t> hashes;
  std::vector<std::int32_t> offsets;
};

class KeyPart {
 public:
  KeyPart(Type type, MemoryBudget& memory);

  const Type& type() const { return type_; }
  /// Values are numbered from 0; else they are words.
  bool is_numbered() const { return is_text_ || is_numbered_; }
  /// How many different values are numbered.
  std::size_t number_count() const { return is_text_ ? texts_.size() : numbers_.size(); }

  /// Sets rows.words to the column's words or numbers, numbering new values, and rows.valid to what is not null. Under
  /// a null the word is 0.
  void insert(const Column& column, PartRows& rows);
  /// As insert, but values without a number are not valid. Thread-safe beside other calls of find().
  void find(const Column& column, PartRows& rows) const;

  /// From now on numbers words; those in `rows`, that have been met, are numbered first.
  void start_numbers(PartRows& rows);

 private:
  Type type_;
  bool is_text_;  // of a type that is no word
  bool is_numbered_ = false;
  TextTable texts_;
  WordTable numbers_;
};

/// Whether values of this type are words.
bool is_word_type(const Type& type);
/// Sets rows.words and rows.valid from a column of a word type.
void key_words(const Column& column, PartRows& rows);
/// The column's values as texts; rows.offsets and rows.valid are set. Of strings, binaries and decimals.
TextRows key_texts(const Column& column, PartRows& rows);

}  // namespace headrace
