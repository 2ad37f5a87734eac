// Cuts text files into splits at the starts of rows.
//
//   file     |header| row row row row | row row row … row |
//   chunks   0 .............. S ............ 2S ......... size      S = split_bytes
//   split k: the rows that begin in chunk k; the last of them may end in a later chunk
//
// Where rows begin in a chunk depends on the text before it, because a line end may stand in quotes. Nobody reads the
// file beforehand for that: who opens split k reads its chunk once, scans it from the first line start as if that were
// a row start (it nearly always is), and then waits for the true start, which the scan of chunk k - 1 gives. If the
// guess was wrong, it scans again. Chunks that nobody has opened yet are scanned by who needs them. So splits are exact
// for any file, the same for any number of threads, and line numbers come for free.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "headrace/io/source.h"
#include "headrace/io/text/row_scan.h"

namespace headrace {

/// Readable bytes behind every text handed on, zeros, so that tokenizers may load whole vectors.
constexpr std::size_t kTextPaddingBytes = 64;

/// The start of a row in a file.
struct RowStart {
  std::int64_t byte_offset = 0;
  std::int64_t line = 1;  // 1-based
};

/// The rows of a split, in memory.
struct SplitText {
  RowStart start;
  std::int64_t row_bytes = 0;  // from the start of the first row to the end of the last
  std::string_view text;       // those bytes; cut inside a last row that is too long
  std::shared_ptr<const Buffer> buffer;
};

/// The splits of one file. Thread-safe.
class FileSplits {
 public:
  /// `data_start` is where the first row behind the header begins.
  FileSplits(FileInfo file, RowStart data_start, TextDialect dialect, const SourceContext& context);
  ~FileSplits();
  FileSplits(const FileSplits&) = delete;
  FileSplits& operator=(const FileSplits&) = delete;

  const FileInfo& file() const { return file_; }
  std::size_t split_count() const { return split_count_; }
  SplitText read(std::size_t split_index);

 private:
  class Claim;
  class State;

  std::int64_t chunk_end(std::size_t index) const;
  RowStart start_of(std::size_t index);
  SplitText work_on(std::size_t index, bool keeps_text);

  FileInfo file_;
  TextDialect dialect_;
  SourceContext context_;
  std::int64_t split_bytes_;
  std::size_t split_count_;
  std::unique_ptr<State> state_;
};

/// The splits of several files, numbered file by file.
class SourceSplits {
 public:
  void add(std::unique_ptr<FileSplits> file);

  const std::vector<FileInfo>& files() const { return infos_; }
  std::size_t split_count() const { return split_ends_.empty() ? 0 : split_ends_.back(); }
  /// Reads a split; `file_index` becomes the number of its file.
  SplitText read(std::size_t split_index, std::size_t& file_index) const;

 private:
  std::vector<std::unique_ptr<FileSplits>> files_;
  std::vector<FileInfo> infos_;
  std::vector<std::size_t> split_ends_;  // of each file, counted over all
};

}  // namespace headrace
