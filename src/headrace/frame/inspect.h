// Looks into any data set or source: columns, rows, the first of them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "headrace/exec/table.h"
#include "headrace/io/data_set/data_set.h"
#include "headrace/io/petastorm/unischema.h"

namespace headrace {

struct Inspection {
  std::string path;
  std::string format;
  std::optional<Manifest> manifest;  // when the path is a data set
  std::size_t file_count = 0;
  std::int64_t size_bytes = 0;
  std::int64_t row_count = 0;
  bool row_count_known = true;  // false: a text source longer than what was read; row_count rows were seen
  Schema schema;
  std::optional<Unischema> unischema;  // Petastorm's, where there is one
  std::string unischema_problem;       // why it cannot be read
  Table first_rows;

  std::string to_text() const;
  std::string to_json() const;
};

/// `path` is a data set's folder, or a file, glob or folder of files; `part` picks a part of a data set (empty: all).
/// Throws Error(kNotFound) or Error(kBadData).
Inspection inspect_path(const std::string& path, const std::string& part, std::int64_t first_rows,
                        const std::shared_ptr<FileSystem>& fs);

/// The published shards of a data set, or of one part of it, as paths that start with `path` as it is given: what
/// readers that know no manifest may open. Throws Error(kNotFound) when `path` is no data set.
std::vector<std::string> published_files(const std::string& path, const std::string& part,
                                         const std::shared_ptr<FileSystem>& fs);

}  // namespace headrace
