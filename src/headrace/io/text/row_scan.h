// Where the rows of text end: the rules of csv.h, for one row at a time. Without quotes rows are lines.
//
// Splits, headers and inference use this; the tokenizer of CSV finds the same rows faster and agrees with it
// (tokenize_test.cc).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headrace {

/// The most bytes a row may have, its line end left out.
constexpr std::size_t kRowBytesMax = 16 << 20;
/// So many bytes from its start tell everything of a row but where its line ends.
constexpr std::size_t kRowLookaheadBytes = kRowBytesMax + 3;

/// How values are set apart. Formats whose rows are lines have no quotes.
struct TextDialect {
  char delimiter = ',';
  char quote = '"';  // '\0': no quoting
  bool has_quotes() const { return quote != '\0'; }
};

struct RowEnd {
  enum class Kind {
    kFound,      // the next row begins at `next`
    kNeedsMore,  // the bytes at hand do not tell
    kUnseen,     // too long: the next row begins behind the first LF that follows the bytes at hand
  };
  Kind kind;
  std::size_t text_end = 0;  // behind the last byte of the row, its line end left out
  std::size_t next = 0;
  bool is_broken = false;    // a quoted value is malformed
  bool is_too_long = false;  // more than kRowBytesMax bytes
};

/// Finds the end of the row that begins at data[begin]. `at_file_end` tells that nothing follows the bytes at hand.
RowEnd find_row_end(std::string_view data, std::size_t begin, bool at_file_end, const TextDialect& dialect);

/// What a quoted value turned out to be.
struct QuotedEnd {
  enum class Kind { kClosed, kMalformed, kNeedsMore };
  Kind kind;
  std::size_t close = 0;  // kClosed: the closing quote
};

/// Finds the end of the quoted value that opens at data[open], in the row that begins at data[row_begin].
QuotedEnd find_quoted_end(std::string_view data, std::size_t row_begin, std::size_t open, bool at_file_end,
                          const TextDialect& dialect);

/// The values of a row that is not broken, quotes taken off.
std::vector<std::string> split_row(std::string_view row, const TextDialect& dialect);

/// The text of a quoted value, given with its quotes.
std::string unquote(std::string_view quoted, char quote);

/// Number of LF bytes.
std::int64_t count_line_ends(std::string_view text);

/// `text` without a CR at its end.
inline std::string_view without_cr(std::string_view text) {
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

}  // namespace headrace
