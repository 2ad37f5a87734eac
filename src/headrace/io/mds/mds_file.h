// An MDS shard as its head says it: rows, columns, and where the samples are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "headrace/io/mds/mds_config.h"
#include "headrace/io/source.h"

namespace headrace {

struct MdsFile {
  FileInfo info;
  std::vector<MdsColumn> columns;
  std::int64_t row_count = 0;
  std::int64_t samples_start = 0;  // offset of the first sample
};

/// Reads and checks the head of a shard. Throws Error(kBadData) when it is damaged or cut short.
MdsFile open_mds_file(const FileInfo& info, const SourceContext& context);

/// Where in the file the offset of sample `row` stands.
inline std::int64_t mds_offset_place(std::int64_t row) { return (1 + row) * std::int64_t{sizeof(std::uint32_t)}; }

/// Throws Error(kBadData): "cannot read 'a.mds': …".
[[noreturn]] void damaged_mds(const std::string& path, const std::string& cause);

}  // namespace headrace
