// See arrow_file.h.
#include "headrace/io/arrow_file.h"

#include <algorithm>
#include <span>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/memory_pool.h>
#include <arrow/status.h>
#include <arrow/util/future.h>

namespace headrace {

ArrowInput::ArrowInput(std::unique_ptr<InputFile> file, std::shared_ptr<arrow::MemoryPool> pool)
    : file_(std::move(file)), pool_(std::move(pool)) {}

void ArrowInput::rethrow() const {
  if (failure_) std::rethrow_exception(failure_);
}

arrow::Status ArrowInput::Close() {
  closed_ = true;
  return arrow::Status::OK();
}

arrow::Status ArrowInput::Seek(std::int64_t position) {
  if (position < 0) return arrow::Status::Invalid("a negative position");
  position_ = position;
  return arrow::Status::OK();
}

arrow::Result<std::int64_t> ArrowInput::Read(std::int64_t nbytes, void* out) {
  arrow::Result<std::int64_t> got = ReadAt(position_, nbytes, out);
  if (got.ok()) position_ += *got;
  return got;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> ArrowInput::Read(std::int64_t nbytes) {
  arrow::Result<std::shared_ptr<arrow::Buffer>> buffer = ReadAt(position_, nbytes);
  if (buffer.ok()) position_ += (*buffer)->size();
  return buffer;
}

/// What lies behind the end of the file is left out: Arrow then says that the file is too short.
arrow::Result<std::int64_t> ArrowInput::ReadAt(std::int64_t position, std::int64_t nbytes, void* out) {
  if (position < 0 || nbytes < 0) return arrow::Status::Invalid("a negative position or size");
  std::int64_t count = std::min(nbytes, std::max<std::int64_t>(file_->size_bytes() - position, 0));
  if (count == 0) return count;
  try {
    file_->read_at(position, {static_cast<std::byte*>(out), static_cast<std::size_t>(count)});
  } catch (...) {
    failure_ = std::current_exception();
    return arrow::Status::IOError("reading failed");
  }
  bytes_read_ += count;
  return count;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> ArrowInput::ReadAt(std::int64_t position, std::int64_t nbytes) {
  if (position < 0 || nbytes < 0) return arrow::Status::Invalid("a negative position or size");
  std::int64_t count = std::min(nbytes, std::max<std::int64_t>(file_->size_bytes() - position, 0));
  arrow::Result<std::unique_ptr<arrow::Buffer>> buffer = arrow::AllocateBuffer(count, pool_.get());
  if (!buffer.ok()) return buffer.status();
  ARROW_RETURN_NOT_OK(ReadAt(position, count, (*buffer)->mutable_data()));
  return std::shared_ptr<arrow::Buffer>(*std::move(buffer));
}

arrow::Future<std::shared_ptr<arrow::Buffer>> ArrowInput::ReadAsync(const arrow::io::IOContext&, std::int64_t position,
                                                                    std::int64_t nbytes) {
  return arrow::Future<std::shared_ptr<arrow::Buffer>>::MakeFinished(ReadAt(position, nbytes));
}

arrow::Future<std::shared_ptr<arrow::Buffer>> ArrowInput::ReadAsync(const arrow::io::IOContext& context,
                                                                    std::int64_t position, std::int64_t nbytes, bool) {
  return ReadAsync(context, position, nbytes);
}

FileSummary ArrowOutput::finish(std::int64_t row_count) {
  file_.append(std::as_bytes(std::span(held_back_)));
  return file_.finish(row_count);
}

void ArrowOutput::rethrow() const {
  if (failure_) std::rethrow_exception(failure_);
}

arrow::Status ArrowOutput::Close() {
  closed_ = true;
  return arrow::Status::OK();
}

arrow::Result<std::int64_t> ArrowOutput::Tell() const {
  return file_.size_bytes() + static_cast<std::int64_t>(held_back_.size());
}

arrow::Status ArrowOutput::Write(const void* data, std::int64_t nbytes) {
  if (nbytes < 0) return arrow::Status::Invalid("a negative size");
  if (is_abandoned_ || failure_) return arrow::Status::Cancelled("the file is abandoned");
  std::size_t count = static_cast<std::size_t>(nbytes);
  try {
    if (is_held_back_) {
      held_back_.append(static_cast<const char*>(data), count);
    } else {
      file_.append({static_cast<const std::byte*>(data), count});
    }
  } catch (...) {
    failure_ = std::current_exception();
    return arrow::Status::IOError("writing failed");
  }
  return arrow::Status::OK();
}

}  // namespace headrace
