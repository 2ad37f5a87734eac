// Sources whose files lie in folders named for the values of partition columns (data_set/partition_values.h).
#pragma once

#include <memory>

#include "headrace/io/source.h"

namespace headrace {

/// Opens a source that has partition columns: the partitions that it names, or else its paths, whose files are parted
/// by the names of their folders. Its columns are the declared ones, or those of the files and then the partition
/// columns. Splits of partitions that a bound rules out are not read at all. Throws Error(kBadData) for a file without
/// a value for a partition column, or one that is none of its type.
std::unique_ptr<SourceReader> open_partitions(const SourceSpec& spec, const SourceContext& context);

}  // namespace headrace
