// Finds the columns of Parquet files that hold arrays of numpy, by the Unischema of their data set.
#pragma once

#include <vector>

#include "headrace/io/parquet/parquet_file.h"

namespace headrace {

/// Makes those columns of `files` that a Unischema beside them says to be arrays (NdarrayCodec) lists of it, unless the
/// source declares them binary. Where it declares columns and none of them could be an array, no Unischema is looked
/// for. Columns with other codecs stay binary. Throws as find_unischema().
void find_array_columns(std::vector<ParquetFile>& files, const SourceSpec& spec, const SourceContext& context);

}  // namespace headrace
