// One column of keys as numbers: for KeyIndex, and for what counts distinct values.
//
// Values of at most 8 bytes are words: integers sign-extended, floats by their bits with -0.0 as 0.0 and all NaN as
// one. Texts and decimals are numbered, value by value, in a table of the part; words can be too, when they are too
// wide to be packed with other parts.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "headrace/column/column.h"
#include "headrace/kernel/text_table.h"
#include "headrace/kernel/word_table.h"

namespace headrace {

/// The rows of one key column as numbers, with the buffers that this takes; reused from batch to batch. Belongs to one
/// table: of the values of a dictionary it keeps the numbers that they have there.
struct PartRows {
  std::vector<std::uint64_t> words;
  const std::uint8_t* valid = nullptr;  // a byte a row: 0 where it is null, or not found; nullptr: all are valid

  std::vector<std::uint8_t> valid_bytes;
  std::vector<std::int32_t> ids;
  std::vector<std::uint64_t> hashes;
  std::vector<std::int32_t> offsets;

  std::shared_ptr<const Column> dictionary;  // whose values have numbers in number_of_code
  std::vector<std::int32_t> codes;
  std::vector<std::int32_t> number_of_code;  // by code + 1, the first for null; kUnknown until it is looked up
  std::vector<std::int32_t> new_codes;
  std::vector<std::int32_t> new_numbers;
  Reservation reservation;
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

  /// The numbers or words that this part has for those of `other`, a part of the same type: result[n] for number n of
  /// numbered parts, new values being numbered. Nothing for words: they are the same everywhere.
  std::vector<std::uint64_t> translate(const KeyPart& other);

  /// From now on numbers words; those in `rows`, that have been met, are numbered first.
  void start_numbers(PartRows& rows);

 private:
  MemoryBudget* memory_;
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

/// Numbers texts: sets ids[i] to the number of texts[i], which is null where valid[i] == 0.
using NumberTexts = std::function<void(const TextRows& texts, const std::uint8_t* valid, std::span<std::int32_t> ids)>;
/// Sets ids to the numbers of the rows of a column of strings, binaries or decimals, by `number_texts`; of a dictionary
/// column each value is numbered once.
void key_texts(const Column& column, MemoryBudget& memory, PartRows& rows, std::span<std::int32_t> ids,
               const NumberTexts& number_texts);

}  // namespace headrace
