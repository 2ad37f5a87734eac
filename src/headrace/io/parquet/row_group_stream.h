// The rows of one row group of a Parquet file.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "headrace/io/parquet/parquet_file.h"
#include "headrace/io/row_gate.h"
#include "headrace/io/source.h"

namespace headrace {

struct RowGroupPlace {
  int index = 0;               // of the row group in the file
  std::int64_t first_row = 0;  // its first row in the file
};

/// Opens the columns of `plan`, at least one: each from its pages where page_form.h knows how, the others together
/// through Arrow. Buffers of pages come from `scratch`, those of Arrow from `pool`.
std::unique_ptr<SplitStream> open_row_group(const ParquetFile& file, const RowGroupPlace& place, ReadPlan plan,
                                            const std::vector<ColumnRule>& rules, OnError on_error,
                                            const SourceContext& context, std::shared_ptr<arrow::MemoryPool> pool,
                                            std::shared_ptr<ScratchPool> scratch);

}  // namespace headrace
