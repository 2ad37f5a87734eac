// The columns of a shard as MDS says them: in the shard itself, and again in the index of its folder.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/io/mds/mds_encoding.h"
#include "headrace/io/strict_json.h"

namespace headrace {

struct MdsColumn {
  std::string name;
  MdsEncoding encoding;
  std::int64_t size_bytes = 0;  // of a value, as the file says; 0: each has its own

  bool operator==(const MdsColumn& other) const {
    return name == other.name && encoding.text == other.encoding.text && size_bytes == other.size_bytes;
  }
};

/// The columns that a schema is written as, ordered by their names. Requires: all its types have an encoding.
std::vector<MdsColumn> mds_columns(const Schema& schema);

/// The config of a shard: an object of StreamingDataset's keys.
StrictJson mds_config(std::span<const MdsColumn> columns);
/// The columns that an object with the keys of a config names. Throws Error(kBadData) when they are not sound.
std::vector<MdsColumn> read_mds_columns(const StrictJsonObject& config);
/// The same of the JSON text of a shard's config.
std::vector<MdsColumn> parse_mds_config(std::string_view text);

}  // namespace headrace
