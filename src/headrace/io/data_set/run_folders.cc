// See run_folders.h.
#include "headrace/io/data_set/run_folders.h"

#include <algorithm>

#include <fmt/format.h>

namespace headrace {
namespace {

constexpr std::string_view kRunFolderPrefix = "data-";
constexpr std::string_view kMarkerName = ".headrace-run";
constexpr std::string_view kLinkName = "current";

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// What a link becomes when a data set is copied by a tool that follows links. `path` is there.
bool is_copy_of_link(FileSystem& fs, const std::string& path) {
  return name_of(path) == kLinkName && !fs.is_link(path);
}

/// Whether a folder was made by a run: it holds the marker, or nothing but one that was never finished.
bool is_run_folder(FileSystem& fs, const FileInfo& folder) {
  bool is_named = name_of(folder.path).starts_with(kRunFolderPrefix) || is_copy_of_link(fs, folder.path);
  if (folder.kind != FileInfo::Kind::kFolder || !is_named) return false;
  std::vector<FileInfo> children = fs.list(folder.path);
  auto is_marker = [](const FileInfo& child) { return name_of(child.path) == kMarkerName; };
  auto is_unfinished_marker = [](const FileInfo& child) {
    return name_of(child.path).starts_with(fmt::format(".{}.", kMarkerName)) && child.path.ends_with(".tmp");
  };
  if (std::ranges::any_of(children, is_marker)) return true;
  return std::ranges::all_of(children, is_unfinished_marker) && !is_copy_of_link(fs, folder.path);
}

/// Adds what lies in a run's folder and is not in `kept`, whole folders where they can be, to `leftovers`. False when
/// nothing of the folder is kept.
bool find_unnamed(FileSystem& fs, const std::string& folder, const std::set<std::string>& kept,
                  std::vector<std::string>& leftovers) {
  std::vector<std::string> unnamed;
  bool keeps_any = false;
  for (const FileInfo& child : fs.list(folder)) {
    bool is_kept =
        child.kind == FileInfo::Kind::kFolder ? find_unnamed(fs, child.path, kept, unnamed) : kept.contains(child.path);
    keeps_any = keeps_any || is_kept;
    if (!is_kept && name_of(child.path) != kMarkerName) unnamed.push_back(child.path);
  }
  if (keeps_any) leftovers.insert(leftovers.end(), unnamed.begin(), unnamed.end());
  return keeps_any;
}

/// What later runs replaced in the folders of runs that the manifest names. A run that wrote a data set as a whole
/// leaves nothing there.
void find_replaced(FileSystem& fs, const std::string& path, const Manifest& manifest,
                   std::vector<std::string>& leftovers) {
  if (manifest.partition_by.empty()) return;
  std::set<std::string> kept;
  const Format& format = format_named(manifest.format);
  for (const Part& part : manifest.parts) {
    for (const Shard& shard : part.shards) {
      kept.insert(join_path(path, shard.file));
      if (format.sidecar_path != nullptr) kept.insert(format.sidecar_path(join_path(path, shard.file)));
    }
  }
  for (const std::string& folder : run_folders_of(manifest)) {
    find_unnamed(fs, join_path(path, folder), kept, leftovers);
  }
}

}  // namespace

std::string run_folder(std::string_view run_id) { return fmt::format("{}{}", kRunFolderPrefix, run_id); }

std::string run_folder_of(const Shard& shard) { return shard.file.substr(0, shard.file.find('/')); }

std::string run_id_of(const Shard& shard) {
  std::string folder = run_folder_of(shard);
  return folder.starts_with(kRunFolderPrefix) ? folder.substr(kRunFolderPrefix.size()) : folder;
}

std::set<std::string> run_folders_of(const std::optional<Manifest>& manifest) {
  std::set<std::string> folders;
  if (!manifest) return folders;
  for (const Part& part : manifest->parts) {
    for (const Shard& shard : part.shards) folders.insert(run_folder_of(shard));
  }
  return folders;
}

void make_run_folder(FileSystem& fs, const std::string& path, std::string_view run_id) {
  fs.put(join_path(join_path(path, run_folder(run_id)), kMarkerName), fmt::format("{}\n", run_id));
}

void remove_run_folder(FileSystem& fs, const std::string& folder) {
  if (fs.info(folder).kind == FileInfo::Kind::kFolder) {
    for (const FileInfo& child : fs.list(folder)) {
      if (name_of(child.path) != kMarkerName) fs.remove(child.path);
    }
  }
  fs.remove(folder);
}

std::vector<std::string> find_leftovers(FileSystem& fs, const std::string& path,
                                        const std::optional<Manifest>& manifest) {
  std::set<std::string> kept = run_folders_of(manifest);
  std::vector<std::string> leftovers;
  for (const FileInfo& child : fs.list(path)) {
    std::string name(name_of(child.path));
    bool is_unfinished = (name.starts_with(".manifest.json.") || name.starts_with(fmt::format(".{}.", kLinkName))) &&
                         name.ends_with(".tmp");
    if (is_unfinished || (!kept.contains(name) && is_run_folder(fs, child))) leftovers.push_back(child.path);
  }
  if (manifest) find_replaced(fs, path, *manifest, leftovers);
  return leftovers;
}

void remove_leftovers(FileSystem& fs, const std::string& path, const std::optional<Manifest>& manifest) {
  for (const std::string& leftover : find_leftovers(fs, path, manifest)) remove_run_folder(fs, leftover);
}

void link_current(FileSystem& fs, const std::string& path, const Manifest& manifest) {
  std::string link = join_path(path, kLinkName);
  std::set<std::string> folders = run_folders_of(manifest);
  std::string own = run_folder(manifest.run_id);
  if (folders.empty() || folders == std::set<std::string>{own}) {
    fs.link(link, own);
  } else if (fs.is_link(link)) {
    fs.remove(link);
  }
}

}  // namespace headrace
