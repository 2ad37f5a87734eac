// The table of file formats.
//
// A format lives in a folder of its own and is one constant in its folder, listed in formats.cc.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/io/source.h"

namespace headrace {

struct WriterOptions {
  std::string compression;               // format's own names; empty: its default
  std::int64_t row_group_rows = 131072;  // Parquet
  bool index = false;                    // TFRecord: also a file that makes the records' file splittable
  bool petastorm = false;                // Parquet: columns as Petastorm keeps them, and its metadata beside the shards
  std::map<std::string, std::string> images = {};  // with petastorm: binary columns of image files, "png" or "jpeg"
};

/// What a written file holds, for the manifest.
struct FileSummary {
  std::int64_t row_count = 0;
  std::int64_t size_bytes = 0;
  std::string checksum;              // "xxh3:<16 hex digits>", XXH3-64 seed 0 of the file's bytes
  std::string sidecar = {};          // the bytes of a file beside it, written by DataSetWriter; empty: none
  std::int64_t row_group_count = 0;  // Parquet; not in the manifest
};

/// A file that was written, by its name in its folder.
struct WrittenFile {
  std::string name;
  FileSummary summary;
};

/// A folder of a data set all of whose shards are written.
struct FinishedFolder {
  std::string path;
  std::string name;  // of the data set
  const Schema& schema;
  const WriterOptions& options;
  std::vector<WrittenFile> files;
};

/// Writes one file. Destroyed before finish(), the file is removed.
class FileWriter {
 public:
  virtual ~FileWriter() = default;
  virtual void write(const Batch& batch) = 0;
  /// Ends the file, makes it durable, and tells what it holds.
  virtual FileSummary finish() = 0;
};

struct Format {
  std::string_view name;                     // "csv"
  std::vector<std::string_view> extensions;  // ".csv", ".tsv"
  /// Opens files of this format; see open_source(). nullptr: cannot be read.
  std::unique_ptr<SourceReader> (*open)(const SourceSpec& spec, std::vector<FileInfo> files,
                                        const SourceContext& context);
  /// Throws Error(kUnsupported) naming the column when a type of `schema` cannot be written so, and for options that do
  /// not go together. nullptr: cannot be written.
  void (*check_schema)(const Schema& schema, const WriterOptions& options);
  std::unique_ptr<FileWriter> (*create)(const Schema& schema, std::unique_ptr<OutputFile> file,
                                        const WriterOptions& options, MemoryBudget& memory);
  /// What follows the extension in the name of a file written with `options`. nullptr: nothing.
  std::string_view (*suffix)(const WriterOptions& options) = nullptr;
  /// The path of a file's sidecar. nullptr: the format has none.
  std::string (*sidecar_path)(const std::string& file) = nullptr;
  /// Writes, durably, what other readers need beside the files of a folder; called for each folder of a data set before
  /// it is published. nullptr: nothing.
  void (*finish_folder)(FileSystem& fs, const FinishedFolder& folder) = nullptr;
  std::string_view index_name = {};  // of a file that stands for those beside it, and shows the format
};

std::span<const Format* const> all_formats();
/// The format of that name; throws Error(kInvalidPipeline) with the valid names.
const Format& format_named(std::string_view name);
/// Throws Error(kUnsupported) when files of the format cannot be written, not of this schema or not with these options.
void check_writable(const Format& format, const Schema& schema, const WriterOptions& options);
/// The format whose extension ends `path`, or nullptr.
const Format* format_of_path(std::string_view path);

}  // namespace headrace
