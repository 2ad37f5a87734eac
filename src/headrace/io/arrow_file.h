// Files of a FileSystem as Arrow sees them.
//
// Arrow's code reports by status, ours by exception. An Error of a file operation is kept here while Arrow carries its
// own status upwards, and thrown again at the border, so that "disk full" arrives as that and not as a damaged file.
#pragma once

#include <exception>
#include <memory>
#include <string>

#include <arrow/io/interfaces.h>
#include <arrow/result.h>

#include "headrace/io/checksum_file.h"
#include "headrace/io/fs/file_system.h"

namespace headrace {

/// An InputFile for reading by one thread.
class ArrowInput final : public arrow::io::RandomAccessFile {
 public:
  ArrowInput(std::unique_ptr<InputFile> file, std::shared_ptr<arrow::MemoryPool> pool);

  std::int64_t bytes_read() const { return bytes_read_; }
  const std::string& path() const { return file_->path(); }
  /// Throws the Error that stopped an operation, if one did.
  void rethrow() const;

  arrow::Status Close() override;
  bool closed() const override { return closed_; }
  arrow::Result<std::int64_t> Tell() const override { return position_; }
  arrow::Status Seek(std::int64_t position) override;
  arrow::Result<std::int64_t> GetSize() override { return file_->size_bytes(); }
  arrow::Result<std::int64_t> Read(std::int64_t nbytes, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(std::int64_t nbytes) override;
  arrow::Result<std::int64_t> ReadAt(std::int64_t position, std::int64_t nbytes, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(std::int64_t position, std::int64_t nbytes) override;
  /// Reads at once: Arrow would take a thread of its own, which may hold the bytes for longer than the caller.
  arrow::Future<std::shared_ptr<arrow::Buffer>> ReadAsync(const arrow::io::IOContext& context, std::int64_t position,
                                                          std::int64_t nbytes) override;
  arrow::Future<std::shared_ptr<arrow::Buffer>> ReadAsync(const arrow::io::IOContext& context, std::int64_t position,
                                                          std::int64_t nbytes, bool allow_short_read) override;

 private:
  std::unique_ptr<InputFile> file_;
  std::shared_ptr<arrow::MemoryPool> pool_;
  std::int64_t position_ = 0;
  std::int64_t bytes_read_ = 0;
  bool closed_ = false;
  std::exception_ptr failure_;
};

/// A ChecksumFile for writing. From hold_back() on, bytes are kept in memory, so that their owner may still change
/// them.
class ArrowOutput final : public arrow::io::OutputStream {
 public:
  explicit ArrowOutput(std::unique_ptr<OutputFile> file) : file_(std::move(file)) {}

  void hold_back() { is_held_back_ = true; }
  /// The bytes since hold_back().
  std::string& held_back() { return held_back_; }
  /// From now on nothing is written: the file will be removed.
  void abandon() { is_abandoned_ = true; }
  /// Writes the bytes held back, and closes the file.
  FileSummary finish(std::int64_t row_count);
  const std::string& path() const { return file_.path(); }
  void rethrow() const;

  arrow::Status Close() override;
  bool closed() const override { return closed_; }
  arrow::Result<std::int64_t> Tell() const override;
  arrow::Status Write(const void* data, std::int64_t nbytes) override;

 private:
  ChecksumFile file_;
  bool is_held_back_ = false;
  bool is_abandoned_ = false;
  std::string held_back_;
  bool closed_ = false;
  std::exception_ptr failure_;
};

}  // namespace headrace
