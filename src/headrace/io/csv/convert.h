// Turns the text of one column into values, a block of rows at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/column/column.h"
#include "headrace/io/csv/tokenize.h"
#include "headrace/io/text/cast_text.h"

namespace headrace {

/// A value that cannot become one of its column's type.
struct BadValue {
  std::uint32_t row;         // in the batch
  std::uint32_t begin, end;  // offsets of its text
};

/// Fills one column of batch after batch. A column that is only checked keeps nothing.
class ColumnParser {
 public:
  ColumnParser(Type type, std::size_t file_column, bool keeps_values, const NullValues& nulls, TextDialect dialect,
               MemoryBudget& memory);

  const Type& type() const { return type_; }
  std::size_t file_column() const { return file_column_; }

  /// Starts a batch of at most `rows_max` rows.
  void begin_batch(std::size_t rows_max);
  /// Appends the block's rows as rows first_row, first_row + 1, …; bad values become null and are noted.
  void parse(const RowBlock& block, std::size_t first_row, std::vector<BadValue>& bad);

  /// The first `row_count` rows as they are now. They share the parser's memory: final once only begin_batch() follows.
  Column view(std::size_t row_count) const;
  void set_null(std::size_t row);
  /// Keeps the rows with keeps[row] != 0 and drops what nulls still hold.
  void keep_rows(const std::vector<std::uint8_t>& keeps);

 private:
  struct Rows;

  template <typename T, typename Read>
  void parse_fixed(const RowBlock& block, std::size_t first_row, std::vector<BadValue>& bad, Read read);
  void parse_unusual(const RowBlock& block, std::size_t block_row, std::size_t row, std::byte* out,
                     std::vector<BadValue>& bad);
  void parse_times(const RowBlock& block, std::size_t first_row, std::vector<BadValue>& bad);
  void parse_strings(const RowBlock& block, std::size_t first_row, std::vector<BadValue>& bad);
  void append_bytes(std::string_view value);
  void grow_bytes(std::size_t additional_bytes);
  void keep_strings(const std::vector<std::uint8_t>& keeps);

  Type type_;
  std::size_t file_column_;
  bool keeps_values_;
  bool asks_nulls_first_ = false;  // a null value is also a value of the type: "-1"
  const NullValues& nulls_;
  TextDialect dialect_;
  MemoryBudget& memory_;

  std::size_t rows_max_ = 0;
  std::size_t row_count_ = 0;
  std::shared_ptr<Buffer> values_;    // fixed-width values, or the bytes of strings
  std::shared_ptr<Buffer> offsets_;   // strings
  std::shared_ptr<Buffer> validity_;  // once there is a null
  std::size_t byte_count_ = 0;        // strings
  std::size_t byte_count_hint_ = 0;   // of the last batch
  std::string scratch_;
};

}  // namespace headrace
