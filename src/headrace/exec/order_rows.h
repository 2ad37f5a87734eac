// The rows of a part in the order in which they are written.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "headrace/exec/encode_rows.h"
#include "headrace/exec/run_context.h"
#include "headrace/exec/spill/spool.h"
#include "headrace/io/data_set/partition_values.h"
#include "headrace/plan/shard_layout.h"

namespace headrace {

/// Rows that follow one another and share their partition values.
struct PartitionRows {
  PartitionValues values;  // by column of RowOrder::partition_by
  std::int64_t row_count = 0;
};

struct OrderedPart {
  std::unique_ptr<Spool> rows;            // encoded
  std::vector<PartitionRows> partitions;  // in order; one without values where rows are not partitioned
};

/// Adds rows to the last of `partitions` when they belong to it. Throws Error(kBadData) for more than kPartitionsMax.
void add_partition(std::vector<PartitionRows>& partitions, PartitionRows rows);

/// Throws Error(kUnsupported) when a part of so many rows cannot be put in this order.
void check_order_size(const RowOrder& order, std::int64_t row_count);

/// Checks the columns of an order against those of a data set. Throws Error(kNotFound) with the nearest name,
/// Error(kUnsupported) for columns that rows cannot be sorted or partitioned by.
void check_order(const RowOrder& order, const Schema& schema);

/// Encodes the rows and puts them in order: the same for any number of threads and any memory. Encoded rows go to disk
/// by their place, a 64th of which must fit into memory to come back. Throws Error(kUnsupported) for a shuffle of more
/// than 2^32 rows, Error(kBadData) for more partitions than kPartitionsMax and values that make no name of a folder.
OrderedPart order_rows(const Spool& rows, const EncodedColumns& columns, const RowOrder& order,
                       const RunContext& context);

inline constexpr std::size_t kPartitionsMax = 10000;

}  // namespace headrace
