// Writes a Parquet file for Petastorm: each column as stored_column.h says, then as any Parquet file.
#pragma once

#include <memory>

#include "headrace/io/format.h"

namespace headrace {

std::unique_ptr<FileWriter> create_petastorm_parquet(const Schema& schema, std::unique_ptr<OutputFile> file,
                                                     const WriterOptions& options, MemoryBudget& memory);

}  // namespace headrace
