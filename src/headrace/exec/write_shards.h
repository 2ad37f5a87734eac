// Encodes the rows of each part and writes them as shards of one or several data sets.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "headrace/exec/encode_shard.h"
#include "headrace/exec/run_context.h"
#include "headrace/exec/spill/spool.h"
#include "headrace/exec/statistics/table_profile.h"
#include "headrace/io/data_set/column_statistics.h"
#include "headrace/io/data_set/data_set.h"
#include "headrace/io/data_set/row_digest.h"
#include "headrace/plan/shard_layout.h"

namespace headrace {

/// A data set being written, and how its parts are put in order and cut.
struct ShardTarget {
  const ShardFiles* files;
  ShardLayout layout;
};

struct WrittenShards {
  std::vector<std::vector<Part>> parts;   // by target, then part
  std::string row_digest;                 // of all rows, the same for every target
  std::vector<ColumnStatistics> columns;  // the same
  std::int64_t row_count = 0;
  double encode_seconds = 0;  // summed over workers
  double write_seconds = 0;

  /// Takes what was counted while rows were encoded.
  void take(const EncodedTotals& totals, std::size_t column_count);
};

/// Bytes that a row takes in a file, for shard_count_of(): of the first of `row_count` rows, written to nowhere.
/// first_rows(count, take) gives so many of them to take().
double encoded_row_bytes(
    const ShardFiles& files, const ShardEncoder& encoder, std::int64_t row_count, MemoryBudget& memory,
    const std::function<void(std::int64_t count, const std::function<void(const Batch&)>& take)>& first_rows);

/// The shards of `row_count` rows of `row_bytes` each, a size that only some layouts ask for; at least 1.
std::size_t shard_count_of(const ShardLayout& layout, std::int64_t row_count, double row_bytes);

/// Writes into `columns` what was counted of them.
void describe_columns(const WrittenShards& written, std::vector<DataSetColumn>& columns);

/// Computes `columns` over each part's rows and writes them. Shard i of n holds rows [i·rows/n, (i+1)·rows/n) of its
/// part, or of its partition, in the order that the layout wants, so that shards differ by one row at most and bytes do
/// not depend on the number of threads. A partition that has no rows has no shard; a part without partitions has one.
/// `profile`, where there is one, sees the encoded rows once.
WrittenShards write_shards(const std::vector<std::string>& part_names, const std::vector<std::unique_ptr<Spool>>& parts,
                           const EncodedColumns& columns, const std::vector<ShardTarget>& targets,
                           const RunContext& context, TableProfile* profile = nullptr);

}  // namespace headrace
