// One file system for all paths: those of this machine, and those of S3.
#pragma once

#include <memory>

#include "headrace/column/storage_options.h"
#include "headrace/io/fs/file_system.h"

namespace headrace {

/// Takes each path to the file system of its scheme (base/path_scheme.h says which there are). S3 is started by the
/// first path that leads to it. Throws Error(kInvalidArgument) for paths that known_path() refuses.
std::shared_ptr<FileSystem> routed_file_system(const StorageOptions& options = {});

}  // namespace headrace
