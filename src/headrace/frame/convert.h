// Writes the rows of a data set or source again, in another format.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "headrace/frame/run.h"
#include "headrace/io/data_set/data_set.h"

namespace headrace {

struct ConvertOptions {
  std::string format = "parquet";
  WriterOptions writer;
  ShardLayout layout;
  std::string part;                   // only this part of a data set; empty: all, each a part of the new one
  std::optional<std::int64_t> rows;   // of each part only the first so many; empty: all
  OnError on_error = OnError::kFail;  // what happens to rows that cannot be read
  RunContext context;
  std::shared_ptr<FileSystem> fs = routed_file_system();
  std::string run_id;  // empty: made from time and chance
};

struct Conversion {
  std::string source;
  std::string target;
  Manifest manifest;  // of the new data set
  ScanCounts counts;
  double seconds = 0;
  bool is_exclusive = true;  // false: other writers could not be kept out; of several at once the last one wins

  std::string to_text() const;
  std::string to_json() const;
};

/// Reads `source` (a data set's folder, a file, a glob or a folder of files) and publishes its rows as the data set
/// `target`. Rows keep their order, unless the layout wants another, and columns their types, roles and shapes. Memory
/// is bounded by the context's budget: rows that do not fit wait on disk. Where the source is a data set, its rows must
/// have the digest that its manifest says, unless some are left out: else Error(kBadData), and nothing is published.
/// Errors as those of run_pipeline().
Conversion convert(const std::string& source, const std::string& target, const ConvertOptions& options);

}  // namespace headrace
