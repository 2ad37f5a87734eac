// Record batches of an Arrow IPC file, read column by column.
//
// Arrow's own reader of files takes memory for the whole of a batch, from no pool of ours, when only some columns are
// wanted. So the batches are read here, by Arrow's reader of messages, buffer by buffer. Only it knows dictionaries,
// though: where a wanted column has one, whole batches are read.
#pragma once

#include <memory>
#include <vector>

#include "headrace/io/arrow_ipc/ipc_file.h"

namespace arrow {
class Array;
class RecordBatch;
}  // namespace arrow
namespace arrow::ipc {
class RecordBatchFileReader;
}

namespace headrace {

/// Used by one thread.
class IpcBatches {
 public:
  /// `fields` are the columns wanted, by their place in the file. `file` outlives this.
  IpcBatches(const IpcFile& file, std::vector<int> fields, const SourceContext& context,
             std::shared_ptr<arrow::MemoryPool> pool);
  ~IpcBatches();

  /// The wanted columns of a batch, in the order given, all of the batch's length; not validated.
  std::vector<std::shared_ptr<arrow::Array>> read(std::size_t index);
  std::int64_t bytes_read() const { return bytes_read_; }
  /// Throws Error(kBadData) with the name of the file.
  [[noreturn]] void damaged(const std::string& cause) const;

 private:
  std::shared_ptr<arrow::RecordBatch> read_fields(const IpcBatch& batch);

  const IpcFile& file_;
  std::vector<int> fields_;
  std::vector<int> positions_;  // of the fields in what is read
  std::shared_ptr<FileSystem> fs_;
  std::shared_ptr<arrow::MemoryPool> pool_;
  std::shared_ptr<ArrowInput> input_;
  std::shared_ptr<arrow::ipc::RecordBatchFileReader> reader_;  // of whole batches; nullptr: fields are read
  std::int64_t bytes_read_ = 0;
};

}  // namespace headrace
