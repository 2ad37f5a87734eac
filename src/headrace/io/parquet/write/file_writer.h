// The two writers of Parquet files, and what they share.
#pragma once

#include <memory>
#include <string>

#include <parquet/types.h>

#include "headrace/io/format.h"

namespace headrace {

/// Whether all types of a schema are written directly: values and lists of values that are no decimals.
bool is_written_directly(const Schema& schema);
/// Writes pages directly. Requires: is_written_directly(schema).
std::unique_ptr<FileWriter> create_direct_parquet(const Schema& schema, std::unique_ptr<OutputFile> file,
                                                  const WriterOptions& options, MemoryBudget& memory);
/// Writes any schema through Arrow: for what is not written directly, and as the direct writer's twin in tests.
std::unique_ptr<FileWriter> create_arrow_parquet(const Schema& schema, std::unique_ptr<OutputFile> file,
                                                 const WriterOptions& options, MemoryBudget& memory);

/// The codec of that name: none, snappy or zstd; `otherwise` when it is empty. Throws Error(kInvalidPipeline) with the
/// valid names.
parquet::Compression::type parquet_codec(const std::string& name, parquet::Compression::type otherwise);
bool has_fixed_size_list(const Type& type);

}  // namespace headrace
