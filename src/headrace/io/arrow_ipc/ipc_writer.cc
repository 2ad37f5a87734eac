// Writes Arrow IPC files. See arrow_ipc.h.
#include <algorithm>
#include <utility>

#include <arrow/ipc/options.h>
#include <arrow/ipc/writer.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/compression.h>
#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/nearest.h"
#include "headrace/column/arrow.h"
#include "headrace/io/arrow_file.h"
#include "headrace/io/arrow_ipc/arrow_ipc.h"
#include "headrace/io/check_nulls.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

arrow::Compression::type ipc_codec(const std::string& name) {
  if (name.empty() || name == "none") return arrow::Compression::UNCOMPRESSED;
  if (name == "lz4") return arrow::Compression::LZ4_FRAME;
  if (name == "zstd") return arrow::Compression::ZSTD;
  std::vector<std::string> names = {"none", "lz4", "zstd"};
  throw Error(ErrorCode::kInvalidPipeline, fmt::format("unknown compression '{}' for Arrow IPC", name),
              name_hint(name, names, "compressions"));
}

class IpcWriter final : public FileWriter {
 public:
  IpcWriter(const Schema& schema, std::unique_ptr<OutputFile> file, const WriterOptions& options, MemoryBudget& memory)
      : schema_(std::make_shared<const Schema>(schema)),
        memory_(memory.shared_from_this()),
        pool_(arrow_pool(memory_)),
        arrow_schema_(to_arrow_schema(schema)),
        batch_rows_(options.row_group_rows),
        output_(std::make_shared<ArrowOutput>(std::move(file))),
        what_(fmt::format("cannot write '{}'", output_->path())) {
    arrow::ipc::IpcWriteOptions write_options;
    write_options.memory_pool = pool_.get();
    write_options.use_threads = false;
    arrow::Compression::type codec = ipc_codec(options.compression);
    if (codec != arrow::Compression::UNCOMPRESSED) write_options.codec = value(arrow::util::Codec::Create(codec));
    writer_ = value(arrow::ipc::MakeFileWriter(output_, arrow_schema_, write_options));
  }

  void write(const Batch& batch) override {
    check_nulls(*schema_, batch, what_);
    for (std::int64_t start = 0; start < batch.row_count;) {
      std::int64_t rows = std::min(batch_rows_ - held_rows_, batch.row_count - start);
      held_.push_back(batch.slice(start, rows));
      held_.back().schema = schema_;
      held_rows_ += rows;
      start += rows;
      if (held_rows_ == batch_rows_) write_held();
    }
  }

  FileSummary finish() override {
    if (held_rows_ > 0) write_held();
    check(writer_->Close());
    return output_->finish(row_count_);
  }

 private:
  /// One record batch of all rows held.
  void write_held() {
    Batch rows = held_.size() == 1 ? held_.front() : concat(*memory_, schema_, held_);
    held_.clear();
    rows = flatten(*memory_, rows);
    arrow::ArrayVector arrays;
    for (Column& column : rows.columns) arrays.push_back(to_arrow(std::exchange(column, {}), *memory_));
    check(writer_->WriteRecordBatch(*arrow::RecordBatch::Make(arrow_schema_, held_rows_, std::move(arrays))));
    row_count_ += std::exchange(held_rows_, 0);
  }

  void check(const arrow::Status& status) const {
    if (!status.ok()) output_->rethrow();
    unwrap(status, what_);
  }

  template <typename T>
  T value(arrow::Result<T> result) const {
    check(result.status());
    return std::move(result).ValueUnsafe();
  }

  std::shared_ptr<const Schema> schema_;
  std::shared_ptr<MemoryBudget> memory_;
  std::shared_ptr<arrow::MemoryPool> pool_;
  std::shared_ptr<arrow::Schema> arrow_schema_;
  std::int64_t batch_rows_;
  std::shared_ptr<ArrowOutput> output_;
  std::string what_;
  std::shared_ptr<arrow::ipc::RecordBatchWriter> writer_;
  std::vector<Batch> held_;  // rows of the next record batch
  std::int64_t held_rows_ = 0;
  std::int64_t row_count_ = 0;
};

}  // namespace

void check_arrow_ipc_schema(const Schema& schema, const WriterOptions& options) {
  ipc_codec(options.compression);
  check_has_no_null_type(schema);
}

std::unique_ptr<FileWriter> create_arrow_ipc(const Schema& schema, std::unique_ptr<OutputFile> file,
                                             const WriterOptions& options, MemoryBudget& memory) {
  check_arrow_ipc_schema(schema, options);
  return std::make_unique<IpcWriter>(schema, std::move(file), options, memory);
}

}  // namespace headrace
