// The rows that a feed reads: a data set, or any files that a source can be opened over, or what a selection leaves of
// them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "headrace/column/source_spec.h"
#include "headrace/feed/read_ahead.h"
#include "headrace/feed/row_selection.h"
#include "headrace/feed/timed_file_system.h"
#include "headrace/io/data_set/data_set.h"
#include "headrace/io/source.h"

namespace headrace {

struct FeedFiles {
  std::vector<std::string> paths;  // a data set's folder, or files, globs and folders
  std::string part;                // of a data set; empty: all
  std::string format;              // of files; empty: by their names
};

/// Rows as they are opened.
struct FeedSource {
  std::shared_ptr<const SourceReader> reader;
  std::optional<Manifest> manifest;  // of a data set
  std::string name;                  // "'out/train'", for messages
  std::shared_ptr<ReadClock> clock;
  std::shared_ptr<ReadAhead> read_ahead = nullptr;  // where files are fetched before they are read
  std::optional<std::int64_t> row_count = {};       // that the manifest says
};

/// Whether, and how, files are fetched ahead of time: those of stores always are, those of this machine where there is
/// a cache.
struct FetchOptions {
  std::string cache_folder;
  std::uint64_t cache_bytes = 0;
};

/// Opens a data set or files. Throws Error(kNotFound), Error(kBadData), or Error(kInvalidArgument) when a part is named
/// and there is no data set.
FeedSource open_feed_files(const FeedFiles& files, const FetchOptions& fetch, const SourceContext& context);
/// Opens what a pipeline or a program calls a source; `manifest` where it is a data set. Throws Error(kUnsupported) for
/// text files, which have no rows that can be numbered before they are read.
FeedSource open_feed_source(const SourceSpec& spec, std::optional<Manifest> manifest, const FetchOptions& fetch,
                            const SourceContext& context);

class FeedData {
 public:
  /// Counts the rows of each block (a row group, a part of a file): from metadata where that tells and all are taken,
  /// else by reading. `memory` is what the reader is charged to. Throws Error(kBadData) when there are not as many as
  /// the manifest says: of a file of records that was cut between two of them nothing else tells.
  FeedData(FeedSource source, RowChoice choice, std::shared_ptr<MemoryBudget> memory, std::size_t threads);

  const SourceReader& reader() const { return *source_.reader; }
  const Schema& schema() const { return reader().schema(); }
  /// Rows by block, as far as they are selected; a block is a split of the reader.
  const std::vector<std::int64_t>& block_rows() const { return block_rows_; }
  std::int64_t row_count() const { return row_count_; }
  /// Rows of a block as the reader has them.
  std::int64_t stored_rows(std::size_t block) const { return stored_rows_[block]; }
  /// Which of them are selected; nullptr where all are.
  const RowSelection* selection() const { return selection_.get(); }
  /// Empty where the rows are no data set.
  const std::optional<Manifest>& manifest() const { return source_.manifest; }
  /// What a state is checked by: "xxh3:<16 hex digits>" of the rows by block, and of how they are selected.
  std::string digest() const;
  const std::string& name() const { return source_.name; }
  /// Asks for the bytes of blocks that are read next; does nothing for files of this machine.
  void fetch(std::span<const std::size_t> blocks, const std::vector<std::string>& columns) const;
  bool fetches() const { return source_.read_ahead != nullptr; }
  /// Seconds that threads have waited for bytes of files so far.
  double storage_seconds() const { return source_.clock->seconds(); }

 private:
  void count_stored_rows(std::size_t threads);

  FeedSource source_;
  std::string choice_;
  std::shared_ptr<MemoryBudget> memory_;
  std::unique_ptr<RowSelection> selection_;
  std::vector<std::int64_t> stored_rows_;
  std::vector<std::int64_t> block_rows_;
  std::int64_t row_count_ = 0;
};

}  // namespace headrace
