// The first line of a CSV file, and the types of columns nobody declared.
#pragma once

#include <string>
#include <vector>

#include "headrace/io/csv/convert.h"
#include "headrace/io/text/split.h"

namespace headrace {

struct CsvHeader {
  std::vector<std::string> names;  // of all columns of the file, unique
  RowStart data_start;             // where the rows begin
};

/// Reads the header of a file; without one (`has_header` false) names are column_1, column_2, … as many as the first
/// row has. Throws Error(kBadData) when a header is missing, is malformed or names two columns alike. A column without
/// a name is called by its number, too.
CsvHeader read_header(const FileInfo& file, bool has_header, const TextDialect& dialect, const SourceContext& context);

/// The narrowest type of each column that holds all values of the first MiB: int64, float64, bool, date, timestamp,
/// else string. A number that begins with a superfluous zero is a string, because it is probably a code; so are columns
/// that are null throughout and integers beyond int64.
std::vector<Type> infer_types(const FileInfo& file, const CsvHeader& header, const NullValues& nulls,
                              const TextDialect& dialect, const SourceContext& context);

}  // namespace headrace
