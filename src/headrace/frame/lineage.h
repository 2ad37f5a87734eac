// Where the rows of a data set come from, for its manifest.
#pragma once

#include <string>
#include <vector>

#include "headrace/io/data_set/data_set.h"

namespace headrace {

/// Describes the files of a source. Its digest is the XXH3-64 (seed 0) of each file's name without folders, size, first
/// and last 64 KiB, in the order of the files: other files, or the same ones appended to or written anew, differ in it,
/// without all their bytes being read.
SourceLineage lineage_of(const std::string& name, const std::vector<FileInfo>& files, FileSystem& fs);

}  // namespace headrace
