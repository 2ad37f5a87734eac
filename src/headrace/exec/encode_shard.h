// The rows of one shard, encoded into the files of one or several data sets, and counted.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "headrace/base/byte_stream.h"
#include "headrace/base/heap_trim.h"
#include "headrace/exec/encode_rows.h"
#include "headrace/exec/run_context.h"
#include "headrace/expr/dictionary_cache.h"
#include "headrace/io/data_set/column_statistics.h"
#include "headrace/io/data_set/row_digest.h"
#include "headrace/io/format.h"

namespace headrace {

/// What was written of encoded rows.
struct EncodedTotals {
  RowDigest digest;
  std::vector<ColumnStatistics> columns;
  std::int64_t row_count = 0;
  double encode_seconds = 0;
  double write_seconds = 0;

  void merge(const EncodedTotals& other);
  /// For another process, which reads the same.
  void write(ByteWriter& out) const;
  void read(ByteReader& in);
};

/// Encodes batches for files. What is looked up for one shard is kept for the next. Thread-safe but for the files and
/// totals, which belong to one thread.
class ShardEncoder {
 public:
  ShardEncoder(const EncodedColumns& columns, const RunContext& context)
      : columns_(columns), context_(context), sums_(*context.memory), trim_(*context.memory) {}

  /// Encodes the rows.
  Batch encode(const Batch& rows) const;
  /// Encodes the rows, writes them to `files` and returns them. `totals` takes the time, and with `counts_rows` all of
  /// it; `digest`, where there is one, takes the digest of the rows.
  Batch write(const Batch& rows, const std::vector<std::unique_ptr<FileWriter>>& files, EncodedTotals& totals,
              bool counts_rows, RowDigest* digest = nullptr);

 private:
  const EncodedColumns& columns_;
  const RunContext& context_;
  mutable DictionaryCache dictionaries_;
  DictionarySums sums_;
  HeapTrim trim_;
};

}  // namespace headrace
