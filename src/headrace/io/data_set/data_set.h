// Data sets: folders of shards with a manifest, visible whole or not at all.
//
//   <path>/manifest.json                       published last; the only thing that makes the data set visible
//   <path>/data-<run id>/<part>/part-00000-of-00004.parquet
//   <path>/data-<run id>/part-00000-of-00004.parquet        of the part "all", the only one of its data set
//   <path>/data-<run id>/<part>/day=2013-01-01/…            of a data set that is partitioned (partition_values.h)
//   <path>/current -> data-<run id>                          where the file system has links; for readers that know no
//                                                            manifest. Ours never follow it.
//
// A reader follows the manifest and never lists the folder. Publishing again writes a new data-<run id> folder and then
// replaces the manifest, by one that names the new shards only or, when the run adds to the data set, those of several
// runs; files that no manifest names any more are removed after that. A run that fails or dies before the manifest
// leaves the old data set as it was; what it left behind is removed by the next run, and a lock keeps two runs from
// writing the same data set at once. Where the file system has no locks, the last of them wins, and as nobody can tell
// a run that died from one that is writing, no run removes another's folder. docs/formats/manifest.md describes the
// bytes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "headrace/column/write_mode.h"
#include "headrace/io/data_set/partition_values.h"
#include "headrace/io/format.h"

namespace headrace {

struct Shard {
  std::string file;  // relative to the data set's folder; always below it
  FileSummary summary;
  PartitionValues partition = {};  // by column of Manifest::partition_by
  std::string row_digest = {};     // of partitions only: of the shard's rows, partition columns included
};

/// A named part of a data set: "train", "eval", or "all" where there is no split.
struct Part {
  static constexpr std::string_view kWhole = "all";

  std::string name;
  std::vector<Shard> shards;
  std::int64_t row_count() const;
  std::int64_t size_bytes() const;
};

/// A column of the data set and what a model needs to know of it.
struct DataSetColumn {
  Field field;
  std::string role;                 // feature, label, weight, key, time, pass_through
  std::vector<std::int64_t> shape;  // of one row: empty for a scalar, {3} for a fixed_size_list of 3, {-1} for a list
  std::optional<std::int64_t> id_count;  // for ids: values are in [0, id_count)
  // Of the values that were written (column_statistics.h); empty where nobody counted.
  std::optional<std::int64_t> null_count = {};
  std::optional<Value> min = {};
  std::optional<Value> max = {};
};

/// Where the rows of a data set come from.
struct SourceLineage {
  std::string name;
  std::int64_t file_count = 0;
  std::int64_t size_bytes = 0;
  std::string digest = {};  // "xxh3:<16 hex digits>", of the files' names, sizes, first and last bytes
  std::string run_id = {};  // of the run that read it, unless that is the manifest's
};

struct Manifest {
  static constexpr int kVersion = 1;

  std::string name;
  std::string format;
  std::vector<DataSetColumn> columns;
  std::vector<std::string> partition_by;  // columns that are in the names of folders and not in shards
  std::vector<Part> parts;
  std::string row_digest;           // order-free digest of the rows of all parts: "xxh3sum:<32 hex digits>"
  std::string fitted_state_digest;  // empty when nothing was fitted
  std::vector<SourceLineage> sources;
  std::string run_id;
  std::string created_at;  // UTC, ISO 8601
  std::string headrace_version;

  std::int64_t row_count() const;
  std::int64_t size_bytes() const;
  /// Requires: there is a column of that name.
  const DataSetColumn& column(std::string_view name) const;

  std::string to_json() const;
  /// Throws Error(kBadData) naming `path` on anything that is not a valid manifest: wrong version, names that leave the
  /// folder, sizes below zero, unknown types.
  static Manifest from_json(std::string_view text, const std::string& path);
};

/// How a data set is written.
struct DataSetOptions {
  WriterOptions files = {};
  std::vector<std::string> partition_by = {};
  WriteMode mode = WriteMode::kOverwrite;
};

/// Throws Error(kUnsupported) when a data set of the format cannot have this schema or these options.
void check_data_set(const Format& format, const Schema& schema, const DataSetOptions& options);

/// Which shard of a data set: `index` of `count` in its part, or in its part's partition.
struct ShardPlace {
  std::string part;
  PartitionValues partition;
  std::size_t index = 0;
  std::size_t count = 1;
};

/// Opens the shards of a data set that is being written, in any process.
class ShardFiles {
 public:
  /// `schema` has the partition columns too. Throws as check_data_set() does.
  ShardFiles(std::shared_ptr<FileSystem> fs, std::string path, const Format& format, const Schema& schema,
             DataSetOptions options, std::string run_id);

  /// Opens a shard, named part-00000-of-00004; thread-safe. It takes rows with the partition columns. With the option
  /// `petastorm` the run id stands behind: whoever opens files through `current` then never takes one run's for
  /// another's. Several processes may write the same shard, if they write the same rows.
  std::unique_ptr<FileWriter> open_shard(const ShardPlace& place, MemoryBudget& memory) const;
  /// A file of the same form as shards, to somewhere else.
  std::unique_ptr<FileWriter> open_file(std::unique_ptr<OutputFile> file, MemoryBudget& memory) const;
  /// The relative name that open_shard() gives the file.
  std::string shard_file(const ShardPlace& place) const;
  /// The relative name of the folder of the shards of a part, or of its partition.
  std::string folder_of(const std::string& part, const PartitionValues& partition) const;

  const std::string& path() const { return path_; }
  const Format& format() const { return format_; }
  const DataSetOptions& options() const { return options_; }
  /// The columns that are in files: all but the partition columns.
  const Schema& file_schema() const { return file_schema_; }

 private:
  std::shared_ptr<FileSystem> fs_;
  std::string path_;
  const Format& format_;
  DataSetOptions options_;
  std::string run_id_;
  std::vector<std::size_t> file_columns_;  // which of the rows' columns are in files
  Schema file_schema_;
};

/// Writes one data set. Destroyed before publish(), it removes what it wrote.
class DataSetWriter {
 public:
  /// Takes the lock, where there is one, and clears leftovers of dead runs. `schema` has the partition columns too.
  /// Throws Error(kIo) when another run holds the lock.
  DataSetWriter(std::shared_ptr<FileSystem> fs, std::string path, const Format& format, const Schema& schema,
                DataSetOptions options, std::string run_id);
  ~DataSetWriter();
  DataSetWriter(const DataSetWriter&) = delete;
  DataSetWriter& operator=(const DataSetWriter&) = delete;

  /// Throws when the rows that `manifest` describes cannot join the data set that is there (extend_manifest.h), as far
  /// as the mode wants that.
  void check_extends(const Manifest& manifest) const;
  /// Where its shards go.
  const ShardFiles& shards() const { return shards_; }
  /// Writes the manifest, which makes the rows visible that it names, with those that were there before where the mode
  /// keeps them; then, under the lock, links `current`, if it is of one run, and removes what the manifest no longer
  /// names.
  void publish(const Manifest& manifest);
  /// Whether other writers are kept out. If not, the last one wins.
  bool is_exclusive() const { return lock_ != nullptr; }
  const std::string& path() const { return shards_.path(); }

 private:
  /// Whether rows join those that are there.
  bool extends() const { return current_ && shards_.options().mode != WriteMode::kOverwrite; }
  void check_unchanged();
  void finish_folders(const Manifest& manifest);
  void remove_own_folder() noexcept;
  bool is_visible() noexcept;

  std::shared_ptr<FileSystem> fs_;
  std::string run_id_;
  ShardFiles shards_;
  std::optional<Manifest> current_;  // of the data set that is there
  std::unique_ptr<FolderLock> lock_;
  bool published_ = false;
};

/// Reads the manifest of a data set folder; empty when the folder has none.
std::optional<Manifest> read_manifest(FileSystem& fs, const std::string& path);
/// The same; throws Error(kNotFound) when the folder has none.
Manifest require_manifest(FileSystem& fs, const std::string& path);
/// The path of a file of a data set.
std::string join_path(const std::string& folder, std::string_view name);

enum class Cleaning {
  kLook,         // remove nothing
  kUnderLock,    // remove, where the file system has locks
  kWithoutLock,  // also where it has none: the caller knows that no run is writing
};

/// What runs that failed or were killed left in a data set's folder, as paths: folders of runs that the manifest does
/// not name and manifests that were never finished. Removes it too, unless it only looks. Other files stay. Throws
/// Error(kNotFound) when there is no such folder, Error(kIo) when a run is writing to it, Error(kInvalidArgument) under
/// kUnderLock where there are no locks.
std::vector<std::string> clean_data_set(FileSystem& fs, const std::string& path, Cleaning cleaning);

/// A source over the shards of one part, or of all parts when `part` is empty.
SourceSpec data_set_source(const Manifest& manifest, const std::string& path, const std::string& part = {});
/// A source over one shard.
SourceSpec shard_source(const Manifest& manifest, const std::string& path, const Shard& shard);

}  // namespace headrace
