// The folders of runs in a data set's folder: which of them a manifest names, what dead runs left, and the link
// `current`.
//
// Each run's folder holds a marker file, so that leftovers are told from a user's own folder that happens to be called
// data-something: only folders with the marker are ever removed.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/io/data_set/data_set.h"

namespace headrace {

/// "data-<run id>".
std::string run_folder(std::string_view run_id);
/// The first folder on the way to a shard.
std::string run_folder_of(const Shard& shard);
/// The id of the run that wrote a shard.
std::string run_id_of(const Shard& shard);
/// The folders of all shards.
std::set<std::string> run_folders_of(const std::optional<Manifest>& manifest);

/// Makes the folder of a run, with its marker.
void make_run_folder(FileSystem& fs, const std::string& path, std::string_view run_id);
/// Removes what a run left, of a folder its marker last: who is killed on the way leaves a folder that is still known
/// as one.
void remove_run_folder(FileSystem& fs, const std::string& folder);

/// Run folders that `manifest` does not name, what it does not name in others, and manifests that were never finished,
/// as paths. Only under the lock.
std::vector<std::string> find_leftovers(FileSystem& fs, const std::string& path,
                                        const std::optional<Manifest>& manifest);
/// Removes them.
void remove_leftovers(FileSystem& fs, const std::string& path, const std::optional<Manifest>& manifest);

/// Links `current` to the run that `manifest` names, unless something of a user's has that name. Shards of several runs
/// have no folder of their own that could be opened as a data set: then there is no link.
void link_current(FileSystem& fs, const std::string& path, const Manifest& manifest);

}  // namespace headrace
