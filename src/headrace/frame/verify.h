// Proves that a data set is what its manifest says: sizes, checksums, counts, every value, the digest of the rows.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "headrace/exec/run_context.h"
#include "headrace/io/fs/file_system.h"

namespace headrace {

/// What verify_data_set() found.
struct Verification {
  /// Something that is not as the manifest says.
  struct Problem {
    std::string file;  // relative to the data set's folder; empty: the data set as a whole
    std::string what;  // for people
  };

  std::string path;
  std::string run_id;
  std::size_t shard_count = 0;
  std::int64_t row_count = 0;   // rows that could be decoded
  std::int64_t size_bytes = 0;  // of the shards as they are
  std::string row_digest;       // of the rows that could be decoded
  double seconds = 0;
  std::vector<Problem> problems;  // in the order of the shards

  bool is_good() const { return problems.empty(); }
  std::string to_text() const;
  std::string to_json() const;
};

/// Reads every byte and decodes every value of the data set at `path`. A damaged shard is a problem in the result, and
/// the others are still looked at. Throws Error(kNotFound) when there is no manifest, Error(kBadData) when it cannot be
/// read, Error(kOutOfMemory) and Error(kCancelled) as everywhere.
Verification verify_data_set(const std::string& path, const std::shared_ptr<FileSystem>& fs, const RunContext& context);

}  // namespace headrace
