// Finds the values of rows.
//
// The text is looked at in vectors of 64 bytes: comparing gives one bit for each delimiter, line end and quote. Without
// quotes every delimiter and line end closes a value, and rows are good if they have as many as there are columns. A
// quote where a value begins is followed to its end, and the vectors go on behind it. Nothing is copied or unquoted
// here.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "headrace/base/memory_budget.h"
#include "headrace/io/text/row_scan.h"

namespace headrace {

/// Some rows with the right number of values each.
///
///   text      2013,1,,"a,b"\n2014,2,x,"c"\n
///   rows      ^              ^                        where each row begins
///   ends          ^ ^^     ^     ^ ^ ^   ^            where each value ends, row by row
struct RowBlock {
  const char* text = nullptr;
  std::size_t column_count = 0;
  std::size_t row_count = 0;
  std::vector<std::uint32_t> row_begins;
  std::vector<std::uint32_t> value_ends;
  bool is_ascii = true;     // all bytes of unquoted values are; quoted ones have not been looked at
  bool has_quotes = false;  // some value is quoted

  std::uint32_t value_begin(std::size_t row, std::size_t column) const {
    return column == 0 ? row_begins[row] : value_ends[row * column_count + column - 1] + 1;
  }
  std::uint32_t value_end(std::size_t row, std::size_t column) const { return value_ends[row * column_count + column]; }
  /// The text of a value as it stands in the file, its quotes included.
  std::string_view value(std::size_t row, std::size_t column) const {
    std::uint32_t begin = value_begin(row, column);
    return {text + begin, value_end(row, column) - begin};
  }
  /// The text of a row, its line end left out.
  std::string_view row(std::size_t index) const {
    return {text + row_begins[index], value_end(index, column_count - 1) - row_begins[index]};
  }
};

/// A row whose structure is wrong.
struct BrokenRow {
  enum class Kind { kMissingColumns, kTooManyColumns, kUnquotedValue, kLineTooLong };
  Kind kind;
  std::uint32_t begin;          // offsets into the text
  std::uint32_t end;            // without the line end
  std::size_t value_count = 0;  // kMissingColumns, kTooManyColumns
};

class Tokenizer {
 public:
  /// `text` begins with a row, ends with a row, and has kTextPaddingBytes readable bytes behind it. column_count >= 1.
  Tokenizer(std::string_view text, std::size_t column_count, TextDialect dialect, MemoryBudget& memory);

  /// Puts the next rows, at least one and at most block_rows_max() or `row_limit`, into `block`, unless the text ends
  /// first: then the block may be empty. Broken rows on the way are appended to `broken`; blank lines are left out.
  void next(RowBlock& block, std::vector<BrokenRow>& broken, std::size_t row_limit);
  bool at_end() const { return at_ >= text_.size(); }
  std::size_t block_rows_max() const { return block_rows_max_; }
  /// The most rows that the rest of the text can hold.
  std::size_t rows_left_max() const { return (text_.size() - at_) / column_count_ + 1; }

 private:
  struct Cursor;
  struct Marks;

  Marks load(std::size_t at, Cursor& cursor) const;
  bool close_values(const Marks& marks, std::size_t at, Cursor& cursor);
  bool end_row(std::size_t line_end, std::size_t end_index, Cursor& cursor);
  std::size_t follow_quote(std::size_t open, Cursor& cursor);

  std::string_view text_;
  std::size_t column_count_;
  TextDialect dialect_;
  std::size_t block_rows_max_;
  Reservation reservation_;
  std::size_t at_ = 0;  // a row start
};

}  // namespace headrace
