// Reads every byte and every value of a data set's shards, and compares them with what its manifest says.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "headrace/exec/run_context.h"
#include "headrace/io/data_set/data_set.h"
#include "headrace/io/data_set/row_digest.h"

namespace headrace {

/// What one shard turned out to hold.
struct ShardFindings {
  std::string file;                   // as the manifest names it
  std::vector<std::string> problems;  // for people
  RowDigest digest;                   // of the rows that could be decoded
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
};

/// Looks at all shards, in the order of the manifest, whatever is wrong with some of them. Throws Error only for what
/// is not about the data: kOutOfMemory, kCancelled.
std::vector<ShardFindings> check_shards(const Manifest& manifest, const std::string& path,
                                        const std::shared_ptr<FileSystem>& fs, const RunContext& context);

}  // namespace headrace
