// Flattening of columns that share codes, all at once.
//
// Which dictionaries are flattened by one set of codes shows with the first batches. From then on they are kept side by
// side, as records (kernel/record_table.h), and the first of them that is asked for in a batch brings the others along.
// Small dictionaries stay in the processor's caches anyway and are left as they are.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "headrace/base/guarded.h"
#include "headrace/column/column.h"

namespace headrace {

class RecordTable;

/// What is known for all batches and workers that share it. Thread-safe.
class FlattenCache {
 public:
  /// Dictionaries of one length that were flattened by the same codes.
  struct Set {
    std::vector<std::weak_ptr<const Column>> dictionaries;
    std::int64_t rows_seen = 0;
    std::size_t tabled_count = 0;  // dictionaries that were there when the table was made, or would not fit
    std::shared_ptr<const RecordTable> table;
  };
  using SharedSet = std::shared_ptr<Guarded<Set>>;

  /// The set that has `dictionary`; a new one when there is none.
  SharedSet set_of(const std::shared_ptr<const Column>& dictionary);

 private:
  Guarded<std::vector<SharedSet>> sets_;
};

/// Flattens the columns of one batch. Not thread-safe.
class BatchFlattener {
 public:
  /// `cache` may be nullptr: then each column is flattened by itself. Outlives this.
  BatchFlattener(MemoryBudget& memory, FlattenCache* cache) : memory_(memory), cache_(cache) {}

  /// The column in plain layout, as kernel/gather.h has it.
  Column flatten(const Column& column);
  /// The column in a layout in which all it takes to read a row is at hand: plain, or coded by a small dictionary.
  Column compact(const Column& column);

 private:
  struct Group {
    Column coded;  // has the codes
    FlattenCache::SharedSet set;
    std::shared_ptr<const RecordTable> table;
    std::vector<Column> columns;  // of the table, once one was asked for
  };
  Group& group_of(const Column& column);
  /// By way of records; empty when there are none.
  std::optional<Column> look_up(const Column& column);

  MemoryBudget& memory_;
  FlattenCache* cache_;
  std::vector<Group> groups_;
};

}  // namespace headrace
