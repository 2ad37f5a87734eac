// Writing CSV files. See csv.h.
#pragma once

#include <memory>

#include "headrace/io/format.h"

namespace headrace {

void check_csv_schema(const Schema& schema, const WriterOptions& options);
std::unique_ptr<FileWriter> create_csv(const Schema& schema, std::unique_ptr<OutputFile> file,
                                       const WriterOptions& options, MemoryBudget& memory);

}  // namespace headrace
