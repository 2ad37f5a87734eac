// What an Arrow IPC file says of itself: its columns and its record batches.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/ipc/options.h>
#include <arrow/result.h>
#include <arrow/status.h>

#include "headrace/io/arrow_file.h"
#include "headrace/io/file_columns.h"

namespace arrow {
class Schema;
}

namespace headrace {

/// A record batch: a message, of whose bytes the first ones are its length, then its body.
struct IpcBatch {
  std::int64_t offset = 0;
  std::int64_t metadata_bytes = 0;
  std::int64_t metadata_offset = 0;  // where the flatbuffer starts in the message
  std::int64_t body_bytes = 0;
  std::int64_t row_count = 0;
};

struct IpcFile {
  FileInfo info;
  std::shared_ptr<arrow::Schema> schema;
  FileColumns columns;  // in the order of the schema
  std::vector<IpcBatch> batches;
};

/// Reads and checks footer, schema and the metadata of all batches.
IpcFile open_ipc_file(const FileInfo& info, const SourceContext& context,
                      const std::shared_ptr<arrow::MemoryPool>& pool);

/// No threads; memory from `pool`; values at addresses that fit their types.
arrow::ipc::IpcReadOptions ipc_read_options(arrow::MemoryPool* pool);

/// Throws the Error that `status` stands for unless it is OK: that of the file if it failed, else one that says that
/// the file cannot be read, or needs more memory.
void unwrap_ipc(const ArrowInput& input, const arrow::Status& status);

template <typename T>
T unwrap_ipc(const ArrowInput& input, arrow::Result<T> result) {
  unwrap_ipc(input, result.status());
  return std::move(result).ValueUnsafe();
}

}  // namespace headrace
