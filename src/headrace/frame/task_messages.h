// What the driver of a run in pieces and its tasks tell each other: texts and bytes that only processes of the same
// build exchange.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "headrace/column/storage_options.h"
#include "headrace/exec/contract_check.h"
#include "headrace/exec/encode_shard.h"
#include "headrace/exec/order_ranges.h"
#include "headrace/exec/order_rows.h"
#include "headrace/exec/shared_spool.h"
#include "headrace/feature/canonical_json.h"
#include "headrace/io/data_set/data_set.h"

namespace headrace {

/// What all tasks of a run know, as JSON: made by the driver.
struct TaskPlan {
  std::string name;
  std::string sections;  // features, split, outputs, and the contract of the feature table
  std::string feature_table;
  Schema table;  // the columns of the feature table that features are made from
  Schema rows;   // the columns that features are made of in the end: what tasks keep
  std::string run_id;
  StorageOptions storage;
  bool statistics = false;  // of columns, before and after encoding, are taken

  std::string to_json() const;
  static TaskPlan from_json(const std::string& text);
};

/// What spooling a task's rows found.
struct SpoolResult {
  std::vector<std::pair<std::size_t, SpoolFile>> files;  // by part
  std::int64_t rows_left_out = 0;
  ContractResult contract;   // of a pipeline with a contract of its feature table
  std::string fixed;         // for FitRounds::merge()
  std::string keyed_path;    // a file with what is merged by key; empty: none
  std::string profile_path;  // a file for TableProfile::merge(), of the rows as features take them; empty: none
};

/// Rows of a part that an order of its own is wanted of, for RunTask::sample_keys() and deal().
struct OrderTask {
  std::size_t output = 0;  // the first one with this order
  std::size_t part = 0;
  std::vector<SpoolFile> files;
  std::uint64_t first_row = 0;  // of the part
  std::uint64_t step = 1;       // a key is looked at every so many rows
  OrderRanges ranges;
};

/// Some of the keys that decide an order.
struct SampledKeys {
  std::size_t output = 0;
  std::size_t part = 0;
  std::vector<std::string> keys;
};

/// Encoded rows by the range of the order that they are in.
struct DealtRows {
  std::size_t output = 0;
  std::size_t part = 0;
  std::vector<std::pair<std::size_t, SpoolFile>> files;  // by range
};

/// The encoded rows of a range, for RunTask::put_in_order().
struct RangeTask {
  std::size_t output = 0;
  std::size_t part = 0;
  std::size_t range = 0;
  std::vector<SpoolFile> files;
};

/// The encoded rows of a range in their order.
struct OrderedRange {
  std::size_t output = 0;
  std::size_t part = 0;
  SpoolFile file;
  std::vector<PartitionRows> partitions;
};

/// One shard in some of the outputs: what is to be written.
struct ShardOrder {
  std::size_t part = 0;
  PartitionValues partition;
  bool is_encoded = false;  // the rows of `files` are; else they are those of the feature table
  std::size_t shard = 0;
  std::size_t shard_count = 1;
  std::vector<std::size_t> outputs;
  std::vector<SpoolFile> files;  // of the part
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// What writing found.
struct WriteResult {
  struct Written {
    std::size_t output;
    std::size_t part;
    Shard shard;
  };
  std::vector<Written> shards;
  EncodedTotals totals;      // counted for the first output only
  std::string profile_path;  // a file for TableProfile::merge(), of the same rows; empty: none
};

// As bytes. Reading throws Error(kBadData).
std::string to_bytes(const SpoolResult& result);
SpoolResult spool_result(std::string_view bytes);
std::string to_bytes(const ShardOrder& order);
ShardOrder shard_order(std::string_view bytes);
std::string to_bytes(const OrderTask& task);
OrderTask order_task(std::string_view bytes);
std::string to_bytes(const SampledKeys& sampled);
SampledKeys sampled_keys(std::string_view bytes);
std::string to_bytes(const DealtRows& dealt);
DealtRows dealt_rows(std::string_view bytes);
std::string to_bytes(const RangeTask& task);
RangeTask range_task(std::string_view bytes);
std::string to_bytes(const OrderedRange& ordered);
OrderedRange ordered_range(std::string_view bytes);
std::string to_bytes(const WriteResult& result);
WriteResult write_result(std::string_view bytes);
std::string to_bytes(const std::vector<SpoolFile>& files);
std::vector<SpoolFile> spool_files(std::string_view bytes);

Json fields_json(const Schema& schema);
Schema schema_of(const Json& fields);

}  // namespace headrace
