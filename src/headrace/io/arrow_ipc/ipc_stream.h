// The rows of some record batches of an Arrow IPC file.
#pragma once

#include <memory>
#include <vector>

#include "headrace/io/arrow_ipc/ipc_file.h"
#include "headrace/io/row_gate.h"

namespace headrace {

/// Batches [first_batch, end_batch) of a file, the first of whose rows is row `first_row` of it.
struct IpcPlace {
  std::size_t first_batch = 0;
  std::size_t end_batch = 0;
  std::int64_t first_row = 0;
  std::int64_t row_count = 0;
};

/// Opens a split. `file` outlives it. Requires: the plan reads at least one column.
std::unique_ptr<SplitStream> open_ipc_split(const IpcFile& file, const IpcPlace& place, ReadPlan plan,
                                            const std::vector<ColumnRule>& rules, OnError on_error,
                                            const SourceContext& context, std::shared_ptr<arrow::MemoryPool> pool);

}  // namespace headrace
