// Encodes the rows of each part and writes them as shards of one or several data sets.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "headrace/exec/encode_rows.h"
#include "headrace/exec/run_context.h"
#include "headrace/exec/spill/spool.h"
#include "headrace/io/data_set/column_statistics.h"
#include "headrace/io/data_set/data_set.h"
#include "headrace/io/data_set/row_digest.h"

namespace headrace {

/// A data set being written, and how its parts are cut.
struct ShardTarget {
  DataSetWriter* writer;
  std::int64_t shards = 0;  // per part; 0: as many as rows_per_shard asks for
  std::int64_t rows_per_shard = 1000000;
  std::optional<std::uint64_t> shuffle = {};  // the seed of a random order of each part's rows; empty: as they come
};

struct WrittenShards {
  std::vector<std::vector<Part>> parts;   // by target, then part
  std::string row_digest;                 // of all rows, the same for every target
  std::vector<ColumnStatistics> columns;  // the same
  std::int64_t row_count = 0;
  double encode_seconds = 0;  // summed over workers
  double write_seconds = 0;
};

/// Writes into `columns` what was counted of them.
void describe_columns(const WrittenShards& written, std::vector<DataSetColumn>& columns);

/// The number of shards that a part of `row_count` rows gets; at least 1.
std::size_t shard_count_of(const ShardTarget& target, std::int64_t row_count);

/// Computes `columns` over each part's rows and writes them. Shard i of n holds rows [i·rows/n, (i+1)·rows/n) of its
/// part, shuffled or not, so that shards differ by one row at most and bytes do not depend on the number of threads.
WrittenShards write_shards(const std::vector<std::string>& part_names, const std::vector<std::unique_ptr<Spool>>& parts,
                           const EncodedColumns& columns, const std::vector<ShardTarget>& targets,
                           const RunContext& context);

}  // namespace headrace
