// Writes and finds data sets. See data_set.h.
//
// Each run's folder holds a marker file, so that leftovers are told from a user's own folder that happens to be called
// data-something: only folders with the marker are ever removed.
#include "headrace/io/data_set/data_set.h"

#include <algorithm>
#include <set>
#include <sys/stat.h>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/nearest.h"
#include "headrace/io/data_set/data_set_lock.h"

namespace headrace {
namespace {

constexpr std::string_view kRunFolderPrefix = "data-";
constexpr std::string_view kMarkerName = ".headrace-run";
constexpr std::string_view kLinkName = "current";
constexpr std::int64_t kManifestBytesMax = 64 << 20;

std::string manifest_path(const std::string& path) { return join_path(path, "manifest.json"); }

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_plain(std::string_view name) {
  return !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

/// The first folder on the way to each shard.
std::set<std::string> folders_named_by(const std::optional<Manifest>& manifest) {
  std::set<std::string> folders;
  if (!manifest) return folders;
  for (const Part& part : manifest->parts) {
    for (const Shard& shard : part.shards) folders.insert(shard.file.substr(0, shard.file.find('/')));
  }
  return folders;
}

/// What a link becomes when a data set is copied by a tool that follows links.
bool is_copy_of_link(std::string_view path) {
  struct stat status{};
  return name_of(path) == kLinkName && ::lstat(std::string(path).c_str(), &status) == 0 && !S_ISLNK(status.st_mode);
}

/// Whether a folder was made by a run: it holds the marker, or nothing but one that was never finished.
bool is_run_folder(FileSystem& fs, const FileInfo& folder) {
  bool is_named = name_of(folder.path).starts_with(kRunFolderPrefix) || is_copy_of_link(folder.path);
  if (folder.kind != FileInfo::Kind::kFolder || !is_named) return false;
  std::vector<FileInfo> children = fs.list(folder.path);
  auto is_marker = [](const FileInfo& child) { return name_of(child.path) == kMarkerName; };
  auto is_unfinished_marker = [](const FileInfo& child) {
    return name_of(child.path).starts_with(fmt::format(".{}.", kMarkerName)) && child.path.ends_with(".tmp");
  };
  if (std::ranges::any_of(children, is_marker)) return true;
  return std::ranges::all_of(children, is_unfinished_marker) && !is_copy_of_link(folder.path);
}

/// Removes what a run left, of a folder its marker last: who is killed on the way leaves a folder that is still known
/// as one.
void remove_run_folder(FileSystem& fs, const std::string& folder) {
  if (fs.info(folder).kind == FileInfo::Kind::kFolder) {
    for (const FileInfo& child : fs.list(folder)) {
      if (name_of(child.path) != kMarkerName) fs.remove(child.path);
    }
  }
  fs.remove(folder);
}

/// Run folders that `manifest` does not name, and manifests that were never finished. Only under the lock.
std::vector<std::string> find_leftovers(FileSystem& fs, const std::string& path,
                                        const std::optional<Manifest>& manifest) {
  std::set<std::string> kept = folders_named_by(manifest);
  std::vector<std::string> leftovers;
  for (const FileInfo& child : fs.list(path)) {
    std::string name(name_of(child.path));
    bool is_unfinished = (name.starts_with(".manifest.json.") || name.starts_with(fmt::format(".{}.", kLinkName))) &&
                         name.ends_with(".tmp");
    if (is_unfinished || (!kept.contains(name) && is_run_folder(fs, child))) leftovers.push_back(child.path);
  }
  return leftovers;
}

void remove_leftovers(FileSystem& fs, const std::string& path, const std::optional<Manifest>& manifest) {
  for (const std::string& leftover : find_leftovers(fs, path, manifest)) remove_run_folder(fs, leftover);
}

/// Links `current` to the run that `manifest` names, unless something of a user's has that name.
void link_current(FileSystem& fs, const std::string& path, const Manifest& manifest) {
  fs.link(join_path(path, kLinkName), std::string(kRunFolderPrefix) + manifest.run_id);
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

DataSetWriter::DataSetWriter(std::shared_ptr<FileSystem> fs, std::string path, const Format& format, Schema schema,
                             WriterOptions options, std::string run_id)
    : fs_(std::move(fs)),
      path_(std::move(path)),
      format_(format),
      schema_(std::move(schema)),
      options_(std::move(options)),
      run_id_(std::move(run_id)) {
  HEADRACE_CHECK(is_plain(run_id_));
  check_writable(format_, schema_, options_);
  lock_ = std::make_unique<DataSetLock>(path_);
  std::optional<Manifest> current = read_manifest(*fs_, path_);
  std::string folder = std::string(kRunFolderPrefix) + run_id_;
  if (folders_named_by(current).contains(folder)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the data set '{}' was written by run '{}' already", path_, run_id_),
                "give each run an id of its own");
  }
  // A run that died after its manifest has not linked it.
  if (current) link_current(*fs_, path_, *current);
  remove_leftovers(*fs_, path_, current);
  try {
    fs_->put(join_path(join_path(path_, folder), kMarkerName), run_id_ + "\n");
  } catch (...) {
    remove_own_folder();
    throw;
  }
}

DataSetWriter::~DataSetWriter() {
  if (!published_) remove_own_folder();
}

void DataSetWriter::remove_own_folder() noexcept {
  try_to([&] { remove_run_folder(*fs_, join_path(path_, std::string(kRunFolderPrefix) + run_id_)); });
}

std::unique_ptr<FileWriter> DataSetWriter::open_shard(const std::string& part, std::size_t index, std::size_t count,
                                                      MemoryBudget& memory) {
  std::string file = join_path(path_, shard_file(part, index, count));
  std::unique_ptr<FileWriter> writer = format_.create(schema_, fs_->create(file), options_, memory);
  if (format_.sidecar_path == nullptr) return writer;
  return std::make_unique<WriterWithSidecar>(std::move(writer), fs_, format_.sidecar_path(file));
}

std::string DataSetWriter::shard_file(const std::string& part, std::size_t index, std::size_t count) const {
  HEADRACE_CHECK(index < count);
  std::string run = options_.petastorm ? "-" + run_id_ : "";
  return fmt::format("{}/part-{:05}-of-{:05}{}{}{}", part_folder(part), index, count, run, format_.extensions.front(),
                     format_.suffix == nullptr ? "" : format_.suffix(options_));
}

std::string DataSetWriter::part_folder(const std::string& part) const {
  HEADRACE_CHECK(is_plain(part));
  std::string folder = std::string(kRunFolderPrefix) + run_id_;
  return part == Part::kWhole ? folder : join_path(folder, part);
}

void DataSetWriter::publish(const Manifest& manifest) {
  HEADRACE_CHECK(!published_ && manifest.run_id == run_id_ && manifest.format == format_.name);
  for (const Part& part : manifest.parts) {
    for (const Shard& shard : part.shards) {
      HEADRACE_CHECK(shard.file.starts_with(fmt::format("{}{}/", kRunFolderPrefix, run_id_)));
      FileInfo info = fs_->info(join_path(path_, shard.file));
      if (info.kind == FileInfo::Kind::kFile && info.size_bytes == shard.summary.size_bytes) continue;
      throw Error(ErrorCode::kIo, fmt::format("the shard '{}' is gone or has changed since it was written", info.path),
                  "let nothing else write to the data set's folder");
    }
  }
  finish_folders(manifest);
  std::string text = manifest.to_json();
  Manifest::from_json(text, manifest_path(path_));  // What cannot be read back is not published.
  try {
    fs_->put(manifest_path(path_), text);
  } catch (...) {
    // The write may have failed after the manifest became visible; then its files must stay.
    published_ = is_visible();
    if (published_) lock_->keep_folder();
    throw;
  }
  published_ = true;
  lock_->keep_folder();
  // Where the link cannot be made it still leads to the old run, which then stays, whole, until the next run.
  bool is_linked = try_to([&] { link_current(*fs_, path_, manifest); });
  if (!is_linked) return;
  try_to([&] { remove_leftovers(*fs_, path_, manifest); });
}

/// Lets the format add to each folder of shards what its other readers look for.
void DataSetWriter::finish_folders(const Manifest& manifest) {
  if (format_.finish_folder == nullptr) return;
  for (const Part& part : manifest.parts) {
    std::string name = part_folder(part.name);
    FinishedFolder folder{join_path(path_, name), manifest.name, schema_, options_, {}};
    for (const Shard& shard : part.shards) {
      folder.files.push_back({shard.file.substr(name.size() + 1), shard.summary});
    }
    format_.finish_folder(*fs_, folder);
  }
}

/// Whether the manifest on disk is, or may be, this run's.
bool DataSetWriter::is_visible() noexcept {
  try {
    std::optional<Manifest> manifest = read_manifest(*fs_, path_);
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

std::vector<std::string> clean_data_set(FileSystem& fs, const std::string& path, bool only_looks) {
  if (fs.info(path).kind != FileInfo::Kind::kFolder) {
    throw Error(ErrorCode::kNotFound, fmt::format("there is no folder '{}'", path), "name the folder of a data set");
  }
  DataSetLock lock(path);
  lock.keep_folder();
  std::optional<Manifest> manifest = read_manifest(fs, path);
  std::vector<std::string> leftovers = find_leftovers(fs, path, manifest);
  if (only_looks) return leftovers;
  if (manifest && !leftovers.empty()) link_current(fs, path, *manifest);
  for (const std::string& leftover : leftovers) remove_run_folder(fs, leftover);
  return leftovers;
}

SourceSpec data_set_source(const Manifest& manifest, const std::string& path, const std::string& part) {
  SourceSpec spec;
  spec.name = manifest.name;
  spec.format = manifest.format;
  for (const DataSetColumn& column : manifest.columns) spec.declared.push_back(column.field);
  std::vector<std::string> names;
  for (const Part& candidate : manifest.parts) {
    names.push_back(candidate.name);
    if (!part.empty() && candidate.name != part) continue;
    for (const Shard& shard : candidate.shards) spec.paths.push_back(join_path(path, shard.file));
  }
  bool is_known = part.empty() || std::find(names.begin(), names.end(), part) != names.end();
  if (!is_known) {
    throw Error(ErrorCode::kNotFound, fmt::format("the data set '{}' has no part '{}'", path, part),
                name_hint(part, names, "parts"));
  }
  return spec;
}

}  // namespace headrace
