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

/// The columns of a source with these files: the declared ones, or those of its first file. Throws Error(kUnsupported)
/// when one of those cannot be read.
Schema source_schema(const SourceSpec& spec, const FileColumns& first);

/// The types in `file` of the columns of `schema`. Throws Error(kInvalidPipeline) when the file does not go with
/// declared columns, Error(kBadData) when it differs from the first file and none are declared.
std::vector<Type> checked_file_types(const Schema& schema, const SourceSpec& spec, const FileColumns& file,
                                     const FileColumns& first);

/// The rules of the source less those that the files keep anyway: a column that cannot hold nulls has none.
std::vector<ColumnRule> needed_rules(const SourceSpec& spec, std::span<const FileColumns> files);

}  // namespace headrace
