// Reads a CSV source: all its files, split by split.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "headrace/io/csv/convert.h"
#include "headrace/io/text/split.h"

namespace headrace {

/// What all files of a source have in common.
struct CsvTable {
  SourceSpec spec;
  TextDialect dialect;
  Schema schema;
  std::unordered_map<std::string, std::size_t> columns;  // index in the schema by name
  bool is_inferred = false;                              // the types are guessed, not declared
  NullValues nulls;
  std::vector<ColumnRule> rules;  // with one for each column that is not nullable
  RuleCheck rule_check;

  /// Throws Error(kNotFound) as Schema::index_of, which is slow where there are many columns.
  std::size_t index_of(const std::string& name) const {
    auto found = columns.find(name);
    return found == columns.end() ? schema.index_of(name) : found->second;
  }
};

/// One file: which of its columns hold those of the schema.
struct CsvFile {
  std::size_t column_count = 0;
  std::vector<std::size_t> file_columns;  // by column of the schema
};

/// Makes the reader; called by kCsvFormat.open with what it found in the headers.
std::unique_ptr<SourceReader> make_csv_reader(CsvTable table, std::vector<CsvFile> files, SourceSplits splits,
                                              const SourceContext& context);

/// The rows of one split. `table`, `info` and `file` outlive it.
std::unique_ptr<SplitStream> make_csv_stream(const CsvTable& table, const FileInfo& info, const CsvFile& file,
                                             SplitText text, const ScanRequest& request, const SourceContext& context);

}  // namespace headrace
