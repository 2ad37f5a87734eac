// See ipc_batches.h.
#include "headrace/io/arrow_ipc/ipc_batches.h"

#include <algorithm>
#include <utility>

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/extension_type.h>
#include <arrow/ipc/dictionary.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "headrace/base/error.h"

namespace headrace {
namespace {

/// A part of a file.
class FilePart final : public InputFile {
 public:
  FilePart(std::unique_ptr<InputFile> file, std::int64_t offset, std::int64_t size_bytes)
      : file_(std::move(file)), offset_(offset), size_bytes_(size_bytes) {}

  std::int64_t size_bytes() const override { return size_bytes_; }
  void read_at(std::int64_t offset, std::span<std::byte> out) const override { file_->read_at(offset_ + offset, out); }
  const std::string& path() const override { return file_->path(); }

 private:
  std::unique_ptr<InputFile> file_;
  std::int64_t offset_;
  std::int64_t size_bytes_;
};

bool has_dictionary(const arrow::DataType& type) {
  if (type.id() == arrow::Type::DICTIONARY) return true;
  if (type.id() == arrow::Type::EXTENSION) {
    return has_dictionary(*static_cast<const arrow::ExtensionType&>(type).storage_type());
  }
  return std::any_of(type.fields().begin(), type.fields().end(),
                     [](const std::shared_ptr<arrow::Field>& field) { return has_dictionary(*field->type()); });
}

}  // namespace

IpcBatches::IpcBatches(const IpcFile& file, std::vector<int> fields, const SourceContext& context,
                       std::shared_ptr<arrow::MemoryPool> pool)
    : file_(file),
      fields_(std::move(fields)),
      fs_(context.fs),
      pool_(std::move(pool)),
      input_(std::make_shared<ArrowInput>(fs_->open(file.info.path), pool_)) {
  bool reads_whole = std::any_of(fields_.begin(), fields_.end(),
                                 [&](int field) { return has_dictionary(*file_.schema->field(field)->type()); });
  if (reads_whole) {
    positions_ = fields_;
    reader_ = unwrap_ipc(*input_, arrow::ipc::RecordBatchFileReader::Open(input_, ipc_read_options(pool_.get())));
    if (!reader_->schema()->Equals(*file_.schema)) damaged("it has changed since it was opened");
    return;
  }
  std::vector<int> ordered = fields_;
  std::sort(ordered.begin(), ordered.end());
  for (int field : fields_) {
    positions_.push_back(static_cast<int>(std::find(ordered.begin(), ordered.end(), field) - ordered.begin()));
  }
}

IpcBatches::~IpcBatches() = default;

std::vector<std::shared_ptr<arrow::Array>> IpcBatches::read(std::size_t index) {
  const IpcBatch& batch = file_.batches.at(index);
  std::shared_ptr<arrow::RecordBatch> rows =
      reader_ == nullptr ? read_fields(batch) : unwrap_ipc(*input_, reader_->ReadRecordBatch(static_cast<int>(index)));
  if (reader_ != nullptr) bytes_read_ = input_->bytes_read();
  if (rows->num_rows() != batch.row_count) damaged("it has changed since it was opened");
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    columns.push_back(rows->column(positions_[i]));
    if (columns.back()->length() != batch.row_count) {
      damaged(fmt::format("column '{}' ends before the others", file_.schema->field(fields_[i])->name()));
    }
  }
  return columns;
}

std::shared_ptr<arrow::RecordBatch> IpcBatches::read_fields(const IpcBatch& batch) {
  std::shared_ptr<arrow::Buffer> message = unwrap_ipc(*input_, input_->ReadAt(batch.offset, batch.metadata_bytes));
  std::shared_ptr<arrow::Buffer> metadata = arrow::SliceBuffer(message, batch.metadata_offset);
  ArrowInput body(
      std::make_unique<FilePart>(fs_->open(file_.info.path), batch.offset + batch.metadata_bytes, batch.body_bytes),
      pool_);
  arrow::ipc::IpcReadOptions options = ipc_read_options(pool_.get());
  options.included_fields = fields_;
  std::sort(options.included_fields.begin(), options.included_fields.end());
  arrow::ipc::DictionaryMemo no_dictionaries;
  auto rows = unwrap_ipc(body, arrow::ipc::ReadRecordBatch(*metadata, file_.schema, &no_dictionaries, options, &body));
  bytes_read_ += batch.metadata_bytes + body.bytes_read();
  return rows;
}

void IpcBatches::damaged(const std::string& cause) const {
  unwrap_ipc(*input_, arrow::Status::Invalid(cause));
  HEADRACE_CHECK(false);
}

}  // namespace headrace
