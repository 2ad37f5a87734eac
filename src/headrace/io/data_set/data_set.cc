// Writes and finds data sets. See data_set.h.
#include "headrace/io/data_set/data_set.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/nearest.h"
#include "headrace/base/portable_name.h"
#include "headrace/io/data_set/extend_manifest.h"
#include "headrace/io/data_set/run_folders.h"

namespace headrace {
namespace {

constexpr std::int64_t kManifestBytesMax = 64 << 20;

std::string manifest_path(const std::string& path) { return join_path(path, "manifest.json"); }

/// The columns that are in files: all but the partition columns.
std::vector<std::size_t> file_columns(const Schema& schema, const std::vector<std::string>& partition_by) {
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < schema.size(); ++i) {
    if (std::ranges::find(partition_by, schema[i].name) == partition_by.end()) columns.push_back(i);
  }
  return columns;
}

Schema pick(const Schema& schema, const std::vector<std::size_t>& columns) {
  std::vector<Field> fields;
  for (std::size_t index : columns) fields.push_back(schema[index]);
  return Schema(std::move(fields));
}

/// Cleans up if it can. What cannot be removed now is removed by the next run.
template <typename Removal>
bool try_to(Removal&& removal) noexcept {
  try {
    removal();
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

/// Writes some of the columns of the rows that it is given.
class WriterOfColumns : public FileWriter {
 public:
  WriterOfColumns(std::unique_ptr<FileWriter> writer, Schema schema, std::vector<std::size_t> columns)
      : writer_(std::move(writer)),
        schema_(std::make_shared<const Schema>(std::move(schema))),
        columns_(std::move(columns)) {}
  void write(const Batch& batch) override {
    Batch some{schema_, {}, batch.row_count};
    for (std::size_t index : columns_) some.columns.push_back(batch.columns[index]);
    writer_->write(some);
  }
  FileSummary finish() override { return writer_->finish(); }

 private:
  std::unique_ptr<FileWriter> writer_;
  std::shared_ptr<const Schema> schema_;
  std::vector<std::size_t> columns_;
};

/// Puts the sidecar that a writer makes beside its file.
class WriterWithSidecar : public FileWriter {
 public:
  WriterWithSidecar(std::unique_ptr<FileWriter> writer, std::shared_ptr<FileSystem> fs, std::string path)
      : writer_(std::move(writer)), fs_(std::move(fs)), path_(std::move(path)) {}
  void write(const Batch& batch) override { writer_->write(batch); }
  FileSummary finish() override {
    FileSummary summary = writer_->finish();
    if (!summary.sidecar.empty()) fs_->put(path_, summary.sidecar);
    summary.sidecar.clear();
    return summary;
  }

 private:
  std::unique_ptr<FileWriter> writer_;
  std::shared_ptr<FileSystem> fs_;
  std::string path_;
};

}  // namespace

void check_data_set(const Format& format, const Schema& schema, const DataSetOptions& options) {
  check_writable(format, pick(schema, file_columns(schema, options.partition_by)), options.files);
  if (options.mode == WriteMode::kOverwritePartitions && options.partition_by.empty()) {
    throw Error(ErrorCode::kInvalidPipeline, "mode overwrite_partitions wants a data set that is partitioned",
                "say by which columns: partition_by: [day]");
  }
  bool is_one_folder = options.files.petastorm || !format.index_name.empty();
  if (!is_one_folder || (options.partition_by.empty() && options.mode == WriteMode::kOverwrite)) return;
  throw Error(ErrorCode::kUnsupported,
              fmt::format("{} data sets cannot be partitioned or appended to: their readers take one folder",
                          options.files.petastorm ? "Petastorm" : format.name),
              "leave out partition_by and mode, or write parquet, tfrecord or arrow");
}

ShardFiles::ShardFiles(std::shared_ptr<FileSystem> fs, std::string path, const Format& format, const Schema& schema,
                       DataSetOptions options, std::string run_id)
    : fs_(std::move(fs)),
      path_(std::move(path)),
      format_(format),
      options_(std::move(options)),
      run_id_(std::move(run_id)),
      file_columns_(file_columns(schema, options_.partition_by)),
      file_schema_(pick(schema, file_columns_)) {
  HEADRACE_CHECK(is_portable_name(run_id_));
  check_data_set(format_, schema, options_);
}

std::unique_ptr<FileWriter> ShardFiles::open_file(std::unique_ptr<OutputFile> file, MemoryBudget& memory) const {
  std::unique_ptr<FileWriter> writer = format_.create(file_schema_, std::move(file), options_.files, memory);
  if (options_.partition_by.empty()) return writer;
  return std::make_unique<WriterOfColumns>(std::move(writer), file_schema_, file_columns_);
}

std::unique_ptr<FileWriter> ShardFiles::open_shard(const ShardPlace& place, MemoryBudget& memory) const {
  std::string file = join_path(path_, shard_file(place));
  std::unique_ptr<FileWriter> writer = open_file(fs_->create_whole(file), memory);
  if (format_.sidecar_path == nullptr) return writer;
  return std::make_unique<WriterWithSidecar>(std::move(writer), fs_, format_.sidecar_path(file));
}

std::string ShardFiles::shard_file(const ShardPlace& place) const {
  HEADRACE_CHECK(place.index < place.count);
  std::string run = options_.files.petastorm ? "-" + run_id_ : "";
  return fmt::format("{}/part-{:05}-of-{:05}{}{}{}", folder_of(place.part, place.partition), place.index, place.count,
                     run, format_.extensions.front(), format_.suffix == nullptr ? "" : format_.suffix(options_.files));
}

std::string ShardFiles::folder_of(const std::string& part, const PartitionValues& partition) const {
  HEADRACE_CHECK(is_portable_name(part) && partition.size() == options_.partition_by.size());
  std::string folder = run_folder(run_id_);
  if (part != Part::kWhole) folder = join_path(folder, part);
  for (std::size_t i = 0; i < partition.size(); ++i) {
    folder = join_path(folder, partition_folder(options_.partition_by[i], partition[i]));
  }
  return folder;
}

DataSetWriter::DataSetWriter(std::shared_ptr<FileSystem> fs, std::string path, const Format& format,
                             const Schema& schema, DataSetOptions options, std::string run_id)
    : fs_(fs),
      run_id_(run_id),
      shards_(std::move(fs), std::move(path), format, schema, std::move(options), std::move(run_id)) {
  const std::string& folder = shards_.path();
  lock_ = fs_->lock_folder(folder);
  current_ = read_manifest(*fs_, folder);
  if (run_folders_of(current_).contains(run_folder(run_id_))) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the data set '{}' was written by run '{}' already", folder, run_id_),
                "give each run an id of its own");
  }
  if (lock_) {
    // A run that died after its manifest has not linked it.
    if (current_) link_current(*fs_, folder, *current_);
    remove_leftovers(*fs_, folder, current_);
  }
  try {
    make_run_folder(*fs_, folder, run_id_);
  } catch (...) {
    remove_own_folder();
    throw;
  }
}

DataSetWriter::~DataSetWriter() {
  if (!published_) remove_own_folder();
}

void DataSetWriter::remove_own_folder() noexcept {
  try_to([&] { remove_run_folder(*fs_, join_path(path(), run_folder(run_id_))); });
}

void DataSetWriter::check_extends(const Manifest& manifest) const {
  if (extends()) headrace::check_extends(*current_, manifest, path());
}

void DataSetWriter::publish(const Manifest& own) {
  HEADRACE_CHECK(!published_ && own.run_id == run_id_ && own.format == shards_.format().name);
  HEADRACE_CHECK(own.partition_by == shards_.options().partition_by);
  for (const Part& part : own.parts) {
    for (const Shard& shard : part.shards) {
      HEADRACE_CHECK(run_folder_of(shard) == run_folder(run_id_));
      FileInfo info = fs_->info(join_path(path(), shard.file));
      if (info.kind == FileInfo::Kind::kFile && info.size_bytes == shard.summary.size_bytes) continue;
      throw Error(ErrorCode::kIo, fmt::format("the shard '{}' is gone or has changed since it was written", info.path),
                  "let nothing else write to the data set's folder");
    }
  }
  finish_folders(own);
  check_extends(own);
  if (!lock_ && shards_.options().mode != WriteMode::kOverwrite) check_unchanged();
  Manifest manifest = extends() ? extend_manifest(*current_, own, shards_.options().mode) : own;
  std::string text = manifest.to_json();
  Manifest::from_json(text, manifest_path(path()));  // What cannot be read back is not published.
  try {
    fs_->put(manifest_path(path()), text);
  } catch (...) {
    // The write may have failed after the manifest became visible; then its files must stay.
    published_ = is_visible();
    if (published_ && lock_) lock_->keep_folder();
    throw;
  }
  published_ = true;
  if (!lock_) return;
  lock_->keep_folder();
  // Where the link cannot be made it still leads to the old run, which then stays, whole, until the next run.
  bool is_linked = try_to([&] { link_current(*fs_, path(), manifest); });
  if (!is_linked) return;
  try_to([&] { remove_leftovers(*fs_, path(), manifest); });
}

/// Where no lock keeps others out, rows that another run published in the meantime would be lost. Not proof against one
/// that publishes between this and the next call.
void DataSetWriter::check_unchanged() {
  std::optional<Manifest> now = read_manifest(*fs_, path());
  std::string run_id = now ? now->run_id : "";
  if (run_id == (current_ ? current_->run_id : "")) return;
  throw Error(ErrorCode::kIo,
              fmt::format("run '{}' has published the data set '{}' while this run was writing", run_id, path()),
              "run again: its rows would be lost");
}

/// Lets the format add to each folder of shards what its other readers look for.
void DataSetWriter::finish_folders(const Manifest& manifest) {
  if (shards_.format().finish_folder == nullptr || !shards_.options().partition_by.empty()) return;
  for (const Part& part : manifest.parts) {
    std::string name = shards_.folder_of(part.name, {});
    FinishedFolder folder{join_path(path(), name), manifest.name, shards_.file_schema(), shards_.options().files, {}};
    for (const Shard& shard : part.shards) {
      folder.files.push_back({shard.file.substr(name.size() + 1), shard.summary});
    }
    shards_.format().finish_folder(*fs_, folder);
  }
}

/// Whether the manifest on disk is, or may be, this run's.
bool DataSetWriter::is_visible() noexcept {
  try {
    std::optional<Manifest> manifest = read_manifest(*fs_, path());
    return manifest && manifest->run_id == run_id_;
  } catch (...) {
    return true;
  }
}

std::optional<Manifest> read_manifest(FileSystem& fs, const std::string& path) {
  std::string file = manifest_path(path);
  if (fs.info(file).kind == FileInfo::Kind::kMissing) return std::nullopt;
  return Manifest::from_json(read_text(fs, file, kManifestBytesMax), file);
}

Manifest require_manifest(FileSystem& fs, const std::string& path) {
  std::optional<Manifest> manifest = read_manifest(fs, path);
  if (manifest) return *std::move(manifest);
  throw Error(ErrorCode::kNotFound, fmt::format("'{}' is no data set: it has no manifest.json", path),
              "name the folder that an output of a pipeline was written to");
}

std::string join_path(const std::string& folder, std::string_view name) {
  return folder.ends_with('/') ? fmt::format("{}{}", folder, name) : fmt::format("{}/{}", folder, name);
}

std::vector<std::string> clean_data_set(FileSystem& fs, const std::string& path, Cleaning cleaning) {
  if (fs.info(path).kind != FileInfo::Kind::kFolder) {
    throw Error(ErrorCode::kNotFound, fmt::format("there is no folder '{}'", path), "name the folder of a data set");
  }
  std::unique_ptr<FolderLock> lock = fs.lock_folder(path);
  if (lock) lock->keep_folder();
  if (!lock && cleaning == Cleaning::kUnderLock) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("where '{}' lies there are no locks: a run that died cannot be told from one that is writing",
                    path),
        "see what there is with --dry-run; if no run is writing to it, remove it with --no-run-is-writing");
  }
  std::optional<Manifest> manifest = read_manifest(fs, path);
  std::vector<std::string> leftovers = find_leftovers(fs, path, manifest);
  if (cleaning == Cleaning::kLook) return leftovers;
  if (manifest && !leftovers.empty()) link_current(fs, path, *manifest);
  for (const std::string& leftover : leftovers) remove_run_folder(fs, leftover);
  return leftovers;
}

namespace {

SourceSpec empty_source(const Manifest& manifest) {
  SourceSpec spec;
  spec.name = manifest.name;
  spec.format = manifest.format;
  spec.checks_unread = false;
  for (const DataSetColumn& column : manifest.columns) spec.declared.push_back(column.field);
  for (const std::string& name : manifest.partition_by) {
    spec.partition_columns.push_back(manifest.column(name).field);
  }
  return spec;
}

/// Adds a shard's file, to the partition that it belongs to if there are any.
void add_shard(SourceSpec& spec, const std::string& path, const Shard& shard) {
  std::string file = join_path(path, shard.file);
  if (spec.partition_columns.empty()) {
    spec.paths.push_back(std::move(file));
    return;
  }
  if (spec.partitions.empty() || spec.partitions.back().values != shard.partition) {
    spec.partitions.push_back({shard.partition, {}});
  }
  spec.partitions.back().paths.push_back(std::move(file));
}

}  // namespace

SourceSpec data_set_source(const Manifest& manifest, const std::string& path, const std::string& part) {
  SourceSpec spec = empty_source(manifest);
  std::vector<std::string> names;
  for (const Part& candidate : manifest.parts) {
    names.push_back(candidate.name);
    if (!part.empty() && candidate.name != part) continue;
    for (const Shard& shard : candidate.shards) add_shard(spec, path, shard);
  }
  bool is_known = part.empty() || std::find(names.begin(), names.end(), part) != names.end();
  if (!is_known) {
    throw Error(ErrorCode::kNotFound, fmt::format("the data set '{}' has no part '{}'", path, part),
                name_hint(part, names, "parts"));
  }
  return spec;
}

SourceSpec shard_source(const Manifest& manifest, const std::string& path, const Shard& shard) {
  SourceSpec spec = empty_source(manifest);
  add_shard(spec, path, shard);
  return spec;
}

}  // namespace headrace
