// `_common_metadata`: a Parquet file of a footer only, which says of the Parquet files below its folder what Petastorm
// needs to know.
//
//   PAR1 | footer: the columns, no row groups, three keys | length, u32 LE | PAR1
//
//   dataset-toolkit.unischema.v1                  the Unischema, pickled
//   dataset-toolkit.num_row_groups_per_file.v1    JSON: {"part-00000-of-00002.parquet": 3, …}
//   headrace.unischema                            the Unischema as JSON (unischema.h)
#pragma once

#include <optional>
#include <string>

#include "headrace/io/format.h"
#include "headrace/io/petastorm/unischema.h"

namespace headrace {

inline constexpr std::string_view kCommonMetadataName = "_common_metadata";

/// Writes the `_common_metadata` of a folder of finished shards, durably.
void write_common_metadata(FileSystem& fs, const FinishedFolder& folder);

/// The Unischema of the data set that a Parquet file belongs to: of the `_common_metadata` beside it, or, if it lies in
/// folders of partitions (day=1), beside the outermost of those. Its pickle, else its JSON. Empty when there is no such
/// file or neither key in it. Throws Error(kBadData) naming the metadata's path.
std::optional<Unischema> find_unischema(const std::string& data_file, const SourceContext& context);

}  // namespace headrace
