// The bytes that the records of a file are cut from: those of the file, or what they decompress to.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "headrace/io/deflate/deflate.h"
#include "headrace/io/fs/file_system.h"

namespace headrace {

/// Bytes [begin, end) of a file.
struct ByteRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// Reads from start to end. Whether a file is compressed by gzip or zlib shows in its first bytes: those of a plain
/// one are a length with its checksum.
class RecordBytes {
 public:
  /// `range` of the file, which must be plain; empty: all of it.
  RecordBytes(std::unique_ptr<InputFile> file, const std::optional<ByteRange>& range, MemoryBudget& memory);

  /// Fills `out` as far as there are bytes, and returns their number: fewer only at the end. Throws Error(kBadData)
  /// naming the file when what is compressed is damaged.
  std::size_t read(std::span<std::byte> out);
  /// Bytes that are left; empty where only the end will tell.
  std::optional<std::int64_t> bytes_left() const;

  bool is_compressed() const { return inflater_ != nullptr; }
  const std::string& path() const { return file_->path(); }
  /// Bytes of the file that were read.
  std::int64_t file_bytes_read() const { return at_ - begin_; }

 private:
  std::size_t read_file(std::span<std::byte> out);

  std::unique_ptr<InputFile> file_;
  std::int64_t begin_ = 0;
  std::int64_t at_ = 0;
  std::int64_t end_ = 0;
  std::unique_ptr<Inflater> inflater_;
};

}  // namespace headrace
