// The columns that a binary file says it has, and how they go with the columns of its source.
//
// Formats that carry a schema share the rules: without declared columns, all files of a source have the same columns;
// with declared ones, each file has them all in types that can be read as declared, and what else it has is left alone.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/io/source.h"

namespace headrace {

/// A top-level column of a file.
struct FileColumn {
  std::string name;
  std::optional<Type> type;  // as it is read; empty when it cannot be
  std::string type_text;     // the file's own name of the type, for messages
  bool nullable = true;
};

struct FileColumns {
  std::string path;
  std::vector<FileColumn> columns;

  const FileColumn* find(std::string_view name) const;
};

/// The columns of a source, and how its files have them.
struct SourceColumns {
  Schema schema;                              // the declared ones, or those of the first file
  std::vector<std::vector<Type>> file_types;  // by file, then column of the schema
  std::vector<ColumnRule> rules;  // less those that the files keep anyway: a column that cannot hold nulls has none
};

/// Settles the columns of a source with these files, at least one. Throws Error(kUnsupported) when a column of the
/// first file cannot be read and none are declared, Error(kInvalidPipeline) when a file does not go with declared
/// columns or a rule not with its column, Error(kBadData) when a file differs from the first and none are declared.
SourceColumns settle_columns(const SourceSpec& spec, std::span<const FileColumns> files);

}  // namespace headrace
