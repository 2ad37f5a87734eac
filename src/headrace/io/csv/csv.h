// CSV files: text of rows and columns, as in RFC 4180 and a little wider.
//
//   row        ends with LF or CRLF; the last one may end with the file. A blank line is no row and not counted, except
//   in
//              files of one column, where it is an empty value. A row is at most 16 MiB.
//   value      everything between delimiters, blanks included. If its first character is the quote, it ends at the next
//              quote, and a quote within is written twice; such a value may hold delimiters and line ends. A quote
//              elsewhere is an ordinary character: 5" pipe.
//   null       a value that equals one of the null values. A quoted value of a string or binary column is never null,
//   so
//              that "" and nothing differ; in columns of other types quotes do not matter.
//   encoding   UTF-8, with or without a byte order mark. Only string columns are checked.
//
// A quoted value that is never closed within the row's 16 MiB, or followed by something other than a delimiter or the
// end of the row, breaks its row: that is then the text to the end of the line where the value opens, and reading goes
// on with the next line. So one stray quote costs one row, not the rest of the file, wherever splits are cut.
//
// Text becomes a value as cast(text as type) would do it.
//
// What is written reads back as it was: a header, commas, LF, quotes where they are needed; null is nothing, an empty
// text "". Floats have the shortest digits that read back as the same bits.
#pragma once

#include "headrace/io/format.h"

namespace headrace {

extern const Format kCsvFormat;

}  // namespace headrace
