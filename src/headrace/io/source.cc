// Opening sources. See source.h.
#include "headrace/io/source.h"

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/data_set/data_set.h"
#include "headrace/io/format.h"
#include "headrace/io/fs/file_error.h"
#include "headrace/io/partitioned_source.h"

namespace headrace {
namespace {

/// A folder that is a data set stands for the files that its manifest names: what else lies there is not part of it.
/// The manifest also tells the format, and the types of columns where the source declares none.
SourceSpec follow_manifests(const SourceSpec& spec, FileSystem& fs) {
  SourceSpec followed = spec;
  followed.paths.clear();
  std::size_t data_set_count = 0;
  for (const std::string& path : spec.paths) {
    bool is_folder = fs.info(path).kind == FileInfo::Kind::kFolder;
    std::optional<Manifest> manifest = is_folder ? read_manifest(fs, path) : std::nullopt;
    if (!manifest) {
      followed.paths.push_back(path);
      continue;
    }
    SourceSpec shards = data_set_source(*manifest, path);
    if (!manifest->partition_by.empty()) {
      if (spec.paths.size() > 1) {
        throw Error(ErrorCode::kUnsupported,
                    fmt::format("the data set '{}' is partitioned, and a source of several paths cannot hold it", path),
                    "make a source of its own for it");
      }
      followed.partition_columns = std::move(shards.partition_columns);
      followed.partitions = std::move(shards.partitions);
    }
    if (followed.format.empty()) followed.format = shards.format;
    if (followed.declared.empty()) followed.declared = std::move(shards.declared);
    data_set_count += 1;
    followed.paths.insert(followed.paths.end(), shards.paths.begin(), shards.paths.end());
  }
  bool is_all_checked = data_set_count == spec.paths.size() && spec.declared.empty();
  if (is_all_checked && spec.on_error == OnError::kFail) followed.checks_unread = false;
  if (followed.paths.empty() && followed.partition_columns.empty()) {
    throw Error(ErrorCode::kNotFound, fmt::format("the data set '{}' has no shards", spec.paths.front()),
                "run the pipeline that writes it again, or name another path");
  }
  return followed;
}

std::string format_names() {
  std::string names;
  for (const Format* format : all_formats()) names += fmt::format("{}{}", names.empty() ? "" : ", ", format->name);
  return names;
}

/// The format of the source: the one it names, or the one that the names of all its files show.
const Format& format_of(const SourceSpec& spec, const std::vector<FileInfo>& files) {
  if (!spec.format.empty()) return format_named(spec.format);
  const Format* format = nullptr;
  for (const FileInfo& file : files) {
    const Format* shown = format_of_path(file.path);
    if (shown == nullptr) {
      throw Error(ErrorCode::kInvalidPipeline, fmt::format("the name of '{}' does not show its format", file.path),
                  fmt::format("give the source a format ({}), or name only its data files", format_names()));
    }
    if (format != nullptr && shown != format) {
      throw Error(ErrorCode::kInvalidPipeline,
                  fmt::format("the files of one source have different formats: '{}' is {}, '{}' is {}",
                              files.front().path, format->name, file.path, shown->name),
                  "make a source for each format, or give a narrower path");
    }
    format = shown;
  }
  return *format;
}

/// find_files(), which says of paths that lead nowhere where relative ones start.
std::vector<FileInfo> find_source_files(const std::vector<std::string>& paths, const SourceContext& context) {
  try {
    return find_files(*context.fs, paths);
  } catch (const Error& error) {
    throw with_start_of_paths(error, context.paths_start_at);
  }
}

}  // namespace

void ScanCounts::add(const ScanCounts& other) {
  rows_read += other.rows_read;
  rows_delivered += other.rows_delivered;
  rows_quarantined += other.rows_quarantined;
  rows_dropped += other.rows_dropped;
  rows_skipped += other.rows_skipped;
  values_nulled += other.values_nulled;
  bytes_read += other.bytes_read;
}

std::unique_ptr<SourceReader> open_source(const SourceSpec& spec, const SourceContext& context) {
  return with_context(
      [&] {
        if (spec.paths.empty() && spec.partition_columns.empty()) {
          throw Error(ErrorCode::kInvalidPipeline, "the source names no file", "give it a path");
        }
        SourceSpec followed = spec.partition_columns.empty() ? follow_manifests(spec, *context.fs) : spec;
        if (!followed.partition_columns.empty()) {
          if (!followed.paths.empty()) {
            followed.partitions = part_files(find_source_files(followed.paths, context), followed.partition_columns);
          }
          return open_partitions(followed, context);
        }
        std::vector<FileInfo> files = find_source_files(followed.paths, context);
        const Format& format = format_of(followed, files);
        if (format.open == nullptr) {
          throw Error(ErrorCode::kUnsupported, fmt::format("files of format {} cannot be read", format.name),
                      fmt::format("use one of: {}", format_names()));
        }
        return format.open(followed, std::move(files), context);
      },
      [&] { return fmt::format("opening source '{}'", spec.name); });
}

}  // namespace headrace
