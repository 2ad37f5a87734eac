// How the rows of a data set's parts are put in order and cut into shards.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "headrace/plan/sort_column.h"

namespace headrace {

/// The order of a part's rows: by partition, if there are any; in it by columns or at random, or else as they come.
struct RowOrder {
  std::vector<std::string> partition_by;  // columns whose values make a folder each
  std::vector<SortColumn> sort_by;
  std::optional<std::uint64_t> shuffle;  // the seed of a random order; not together with sort_by
  friend auto operator<=>(const RowOrder&, const RowOrder&) = default;
};

struct ShardLayout {
  RowOrder order;
  // The size of shards: the first of these that is given. A partition is cut as a part is.
  std::int64_t shards = 0;       // so many, of each part
  std::int64_t shard_bytes = 0;  // about so large
  std::int64_t rows_per_shard = 1000000;
};

}  // namespace headrace
