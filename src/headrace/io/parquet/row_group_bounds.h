// Skips row groups by their statistics.
#pragma once

#include <parquet/metadata.h>

#include "headrace/io/parquet/parquet_file.h"
#include "headrace/io/source.h"

namespace headrace {

/// Whether the statistics of a row group show that no row of it can pass `bound`, on a column that is read as `type`.
/// Never true where they are missing, cannot be trusted, or speak of another type than the bound.
bool cannot_pass(const parquet::RowGroupMetaData& row_group, const ParquetColumn& column, const Type& type,
                 const ScanBound& bound, MemoryBudget& memory);

}  // namespace headrace
