// Sources whose files lie in folders named for the values of partition columns (data_set/partition_values.h).
#pragma once

#include <memory>
#include <vector>

#include "headrace/io/source.h"

namespace headrace {

/// The files by the values that their folders are named for, in the order in which each comes first. Throws
/// Error(kBadData) for a file without a value for a column.
std::vector<SourcePartition> part_files(const std::vector<FileInfo>& files, const std::vector<Field>& columns);

/// Opens the partitions of a source. Its columns are the declared ones, or those of the files and then the partition
/// columns. Splits of partitions that a bound rules out are not read at all. Throws Error(kBadData) for a value that is
/// none of its column's type.
std::unique_ptr<SourceReader> open_partitions(const SourceSpec& spec, const SourceContext& context);

}  // namespace headrace
