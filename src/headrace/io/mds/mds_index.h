// The index of a folder of MDS shards: index.json, which StreamingDataset opens.
//
//   {"version": 2, "shards": [{the config's keys, "raw_data": {"basename": "part-00000-of-00002.mds", "bytes": 4711,
//    "hashes": {"xxh3_64": "…"}}, "samples": 1000, "zip_data": null}]}
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/io/format.h"
#include "headrace/io/mds/mds_config.h"

namespace headrace {

inline constexpr std::string_view kMdsIndexName = "index.json";

struct MdsIndexEntry {
  std::string path;
  std::int64_t size_bytes = 0;
  std::int64_t row_count = 0;
  std::vector<MdsColumn> columns;
};

/// Whether a file is an index by its name.
bool is_mds_index(std::string_view path);

/// The shards that an index names, in its order; names lead to no other folder. Throws Error(kBadData) on anything that
/// is not a sound index, Error(kUnsupported) for compressed shards.
std::vector<MdsIndexEntry> read_mds_index(FileSystem& fs, const std::string& path, MemoryBudget& memory);

/// The text of an index of these files, of which those without rows are left out.
std::string mds_index_text(const Schema& schema, std::span<const WrittenFile> files);

}  // namespace headrace
