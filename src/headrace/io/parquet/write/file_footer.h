// The footer of a Parquet file: schema, row groups with their column chunks, and keys with values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <parquet/types.h>

#include "headrace/column/type.h"
#include "headrace/io/parquet/write/chunk_encoder.h"

namespace headrace {

/// Fixed text, so that the same rows give the same bytes; the form is the one by which readers judge statistics.
inline constexpr const char* kCreatedBy = "headrace version 1.0.0";

/// What the values of a column, or of its lists, are stored as; empty for types that are not written directly.
std::optional<parquet::Type::type> leaf_physical_type(const Type& type);

struct RowGroupSummary {
  std::int64_t row_count = 0;
  std::vector<ChunkSummary> chunks;        // by column
  std::vector<std::int64_t> chunk_starts;  // in the file
};

struct FooterContents {
  const Schema& schema;
  const std::vector<parquet::Compression::type>& codecs;  // by column
  const std::vector<RowGroupSummary>& row_groups;
  const std::vector<std::pair<std::string, std::string>>& key_values;
};

/// The footer in Thrift's compact protocol, without length and magic. Requires: every type has a leaf_physical_type().
std::string make_footer(const FooterContents& contents);

}  // namespace headrace
