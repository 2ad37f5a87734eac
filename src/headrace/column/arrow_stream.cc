// See arrow_stream.h.
#include "headrace/column/arrow_stream.h"

#include <utility>

#include <arrow/c/abi.h>
#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/type.h>

#include "headrace/base/error.h"
#include "headrace/column/arrow.h"

namespace headrace {
namespace {

/// Batches of ours as Arrow asks for them.
class BatchReader final : public arrow::RecordBatchReader {
 public:
  BatchReader(StreamedRows rows, std::shared_ptr<MemoryBudget> memory)
      : schema_(to_arrow_schema(*rows.schema)), batches_(std::move(rows.batches)), memory_(std::move(memory)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    *batch = nullptr;
    if (next_ == batches_.size()) return arrow::Status::OK();
    Batch rows = std::move(batches_[next_++]);
    try {
      *batch = to_arrow(rows, *memory_);
    } catch (const Error& error) {
      return error.code() == ErrorCode::kOutOfMemory ? arrow::Status::OutOfMemory(error.what())
                                                     : arrow::Status::Invalid(error.what());
    }
    return arrow::Status::OK();
  }

 private:
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<Batch> batches_;
  std::shared_ptr<MemoryBudget> memory_;
  std::size_t next_ = 0;
};

/// Batches of another library.
class ImportedBatches final : public BatchStream {
 public:
  ImportedBatches(ArrowArrayStream* stream, std::shared_ptr<MemoryBudget> memory)
      : reader_(unwrap(arrow::ImportRecordBatchReader(stream), kWhat)),
        memory_(std::move(memory)),
        schema_(std::make_shared<const Schema>(from_arrow_schema(*reader_->schema()))) {}

  const std::shared_ptr<const Schema>& schema() const override { return schema_; }

  bool next(Batch& batch) override {
    std::shared_ptr<arrow::RecordBatch> rows = unwrap(reader_->Next(), kWhat);
    if (!rows) return false;
    unwrap(rows->ValidateFull(), kWhat);
    batch = from_arrow(*rows, *memory_);
    batch.schema = schema_;
    return true;
  }

 private:
  static constexpr std::string_view kWhat = "cannot read rows from an Arrow stream";
  std::shared_ptr<arrow::RecordBatchReader> reader_;
  std::shared_ptr<MemoryBudget> memory_;
  std::shared_ptr<const Schema> schema_;
};

}  // namespace

StreamedRows import_stream(ArrowArrayStream* stream, MemoryBudget& memory) {
  std::unique_ptr<BatchStream> batches = import_batches(stream, memory.shared_from_this());
  StreamedRows rows{batches->schema(), {}};
  for (Batch batch; batches->next(batch);) rows.batches.push_back(std::move(batch));
  return rows;
}

std::unique_ptr<BatchStream> import_batches(ArrowArrayStream* stream, std::shared_ptr<MemoryBudget> memory) {
  return std::make_unique<ImportedBatches>(stream, std::move(memory));
}

void StreamDeleter::operator()(ArrowArrayStream* stream) const {
  if (stream->release != nullptr) stream->release(stream);
  delete stream;
}

void SchemaDeleter::operator()(ArrowSchema* schema) const {
  if (schema->release != nullptr) schema->release(schema);
  delete schema;
}

StreamPtr export_stream(StreamedRows rows, std::shared_ptr<MemoryBudget> memory) {
  auto reader = std::make_shared<BatchReader>(std::move(rows), std::move(memory));
  StreamPtr stream(new ArrowArrayStream{});
  unwrap(arrow::ExportRecordBatchReader(std::move(reader), stream.get()), "cannot hand over rows as an Arrow stream");
  return stream;
}

SchemaPtr export_schema(const Schema& schema) {
  SchemaPtr exported(new ArrowSchema{});
  unwrap(arrow::ExportSchema(*to_arrow_schema(schema), exported.get()), "cannot hand over a schema to Arrow");
  return exported;
}

}  // namespace headrace
