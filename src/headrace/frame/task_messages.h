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
#include "headrace/exec/shared_spool.h"
#include "headrace/feature/canonical_json.h"
#include "headrace/io/data_set/data_set.h"

namespace headrace {

/// What all tasks of a run know, as JSON: made by the driver.
struct TaskPlan {
  std::string name;
  std::string sections;  // features, split, outputs, and the contract of the feature table
  std::string feature_table;
  Schema table;                    // the columns of the feature table that features are made from
  Schema rows;                     // what the engine brings
  std::vector<std::string> steps;  // what is left to do to get to the columns that features want
  std::string run_id;
  StorageOptions storage;

  std::string to_json() const;
  static TaskPlan from_json(const std::string& text);
};

/// What spooling a task's rows found.
struct SpoolResult {
  std::vector<std::pair<std::size_t, SpoolFile>> files;  // by part
  std::int64_t rows_left_out = 0;
  ContractResult contract;  // of a pipeline with a contract of its feature table
  std::string fixed;        // for FitRounds::merge()
  std::string keyed_path;   // a file with what is merged by key; empty: none
};

/// One shard in some of the outputs: what is to be written.
struct ShardOrder {
  std::size_t part = 0;
  std::size_t shard = 0;
  std::size_t shard_count = 1;
  std::vector<std::size_t> outputs;
  std::vector<SpoolFile> files;  // of the part
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// The shards of outputs that want another order of rows, all of them: what is to be written by one task.
struct OrderedOutputs {
  std::vector<std::size_t> outputs;
  std::vector<std::vector<SpoolFile>> files;  // by part
};

/// What writing found.
struct WriteResult {
  struct Written {
    std::size_t output;
    std::size_t part;
    Shard shard;
  };
  std::vector<Written> shards;
  EncodedTotals totals;  // counted for the first output only
};

// As bytes. Reading throws Error(kBadData).
std::string to_bytes(const SpoolResult& result);
SpoolResult spool_result(std::string_view bytes);
std::string to_bytes(const ShardOrder& order);
ShardOrder shard_order(std::string_view bytes);
std::string to_bytes(const OrderedOutputs& order);
OrderedOutputs ordered_outputs(std::string_view bytes);
std::string to_bytes(const WriteResult& result);
WriteResult write_result(std::string_view bytes);
std::string to_bytes(const std::vector<SpoolFile>& files);
std::vector<SpoolFile> spool_files(std::string_view bytes);

Json fields_json(const Schema& schema);
Schema schema_of(const Json& fields);

}  // namespace headrace
