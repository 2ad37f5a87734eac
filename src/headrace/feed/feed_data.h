// The rows that a feed reads: a data set, or any files that a source can be opened over.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "headrace/column/source_spec.h"
#include "headrace/feed/timed_file_system.h"
#include "headrace/io/data_set/data_set.h"
#include "headrace/io/source.h"

namespace headrace {

struct FeedFiles {
  std::vector<std::string> paths;  // a data set's folder, or files, globs and folders
  std::string part;                // of a data set; empty: all
  std::string format;              // of files; empty: by their names
};

class FeedData {
 public:
  /// Opens the files and counts the rows of each block (a row group, a part of a file), from metadata where that tells,
  /// else by reading. Throws Error(kNotFound), Error(kBadData), or Error(kInvalidArgument) when `part` is given without
  /// a data set.
  FeedData(const FeedFiles& files, const SourceContext& context, std::size_t threads);

  const SourceReader& reader() const { return *reader_; }
  const Schema& schema() const { return reader_->schema(); }
  /// Rows by block; a block is a split of the reader.
  const std::vector<std::int64_t>& block_rows() const { return block_rows_; }
  std::int64_t row_count() const { return row_count_; }
  /// Empty where the files are no data set.
  const std::optional<Manifest>& manifest() const { return manifest_; }
  /// What a state is checked by: "xxh3:<16 hex digits>" of the rows by block.
  std::string digest() const;
  /// "'out/train'", for messages.
  const std::string& name() const { return name_; }
  /// Seconds that threads have waited for bytes of files so far.
  double storage_seconds() const { return clock_->seconds(); }

 private:
  void count_rows(std::size_t threads);

  std::shared_ptr<ReadClock> clock_ = std::make_shared<ReadClock>();
  std::string name_;
  std::optional<Manifest> manifest_;
  std::unique_ptr<SourceReader> reader_;
  std::vector<std::int64_t> block_rows_;
  std::int64_t row_count_ = 0;
};

}  // namespace headrace
