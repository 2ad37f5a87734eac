// JSON lines (NDJSON): a JSON object a line, its keys the columns.
//
//   line       ends with LF or CRLF; the last one may end with the file. A line of blanks is no row and not counted. A
//              line is at most 16 MiB. Where it ends does not depend on what is in it, so a broken line costs one row.
//   row        one object, as RFC 8259 says. A key that is missing, and null, are null. Keys that name no column are
//              passed over, but must be sound JSON. A key that names a column stands once.
//   value      see json_column.h. There are no null values: "" is an empty text.
//   encoding   UTF-8, with or without a byte order mark; all of a line is checked.
//
// Bad rows have the kinds invalid_json, invalid_encoding, duplicate_key, line_too_long (the line as a whole), cast (a
// value that its column's type cannot hold), and those of rules: null, range, allowed. A row is reported once: for the
// line, else for the first column of the schema whose value is bad, else for the first column that breaks a rule.
#pragma once

#include "headrace/io/format.h"

namespace headrace {

extern const Format kNdjsonFormat;

}  // namespace headrace
