// A source as a pipeline declares it: where the files are, what their columns promise, what happens to bad rows.
//
// Plain data, shared by plan/ (which reads it from the pipeline file) and io/ (which opens it).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "headrace/column/type.h"
#include "headrace/column/value.h"

namespace headrace {

enum class OnError {
  kFail,        // the first bad row (in file order) ends the run with an error
  kQuarantine,  // the row leaves the table and is published in the quarantine data set
  kDrop,        // the row leaves the table, counted
  kNull,        // the bad value becomes null, counted; a row whose structure is broken is dropped
};

/// What a declared column promises beside its type. A null only breaks `nullable`.
struct ColumnRule {
  std::string column;
  bool nullable = true;
  std::optional<Value> min;
  std::optional<Value> max;
  std::vector<Value> allowed;  // empty: anything
};

struct CsvOptions {
  char delimiter = ',';
  char quote = '"';    // '\0': no quoting
  bool header = true;  // the first line of each file names its columns
  std::vector<std::string> null_values = {""};
};

/// Files whose rows share the values of the partition columns, as texts; a null is empty.
struct SourcePartition {
  std::vector<std::optional<std::string>> values;
  std::vector<std::string> paths;
};

/// A source as the pipeline declares it.
struct SourceSpec {
  std::string name;
  std::vector<std::string> paths;  // files, globs or folders
  std::string format;              // "csv", "parquet", "tfrecord"; empty: by file name
  std::vector<Field> declared;     // columns with declared types; empty: all from the file or inferred
  std::vector<ColumnRule> rules;
  OnError on_error = OnError::kFail;
  // Whether columns that nobody reads are read all the same where their values can be bad. Not those of a data set: its
  // rows were checked before they were written.
  bool checks_unread = true;
  CsvOptions csv;
  // Columns whose values are in the names of folders, as in Hive, and not in files; with declared columns, also there.
  std::vector<Field> partition_columns;
  std::vector<SourcePartition> partitions;  // instead of paths
};

}  // namespace headrace
