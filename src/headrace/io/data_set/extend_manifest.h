// A data set that another run adds to: its manifest afterwards.
#pragma once

#include "headrace/column/write_mode.h"
#include "headrace/io/data_set/data_set.h"

namespace headrace {

/// Checks that rows as `added` describes them can join those of `old`: same format, partition columns, columns and
/// fitted state. Throws Error(kInvalidArgument) that names `path` and the difference.
void check_extends(const Manifest& old, const Manifest& added, const std::string& path);

/// `old` and `added` as one data set. With kOverwritePartitions the shards of old are left out whose partition values
/// occur in `added`, in whatever part. Bounds of columns stay true, but may be wider than the rows that are left; what
/// is not known of nulls any more is left out. Sources are told by run, as long as the run has a shard. Requires:
/// check_extends(); not kOverwrite.
Manifest extend_manifest(const Manifest& old, const Manifest& added, WriteMode mode);

}  // namespace headrace
