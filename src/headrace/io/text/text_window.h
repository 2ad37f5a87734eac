// A piece of a file in memory that can grow at its end.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "headrace/column/buffer.h"
#include "headrace/io/fs/file_system.h"

namespace headrace {

class TextWindow {
 public:
  /// Reads [begin, end) of a file taken to have `file_bytes` bytes. Both outlive the window.
  TextWindow(const InputFile& file, std::int64_t file_bytes, std::int64_t begin, std::int64_t end,
             MemoryBudget& memory);

  std::int64_t begin() const { return begin_; }
  std::int64_t end() const { return begin_ + static_cast<std::int64_t>(size_bytes_); }
  bool at_file_end() const { return end() >= file_bytes_; }

  /// All bytes at hand; kTextPaddingBytes more may be read. Until the next extend_to().
  std::string_view text() const { return {reinterpret_cast<const char*>(buffer_->data()), size_bytes_}; }
  /// The bytes [from, to) of the file; what lies behind end() is left out.
  std::string_view slice(std::int64_t from, std::int64_t to) const;
  const std::shared_ptr<Buffer>& buffer() const { return buffer_; }

  /// Reads on to at least `end` or the end of the file, at least doubling what is there.
  void extend_to(std::int64_t end);

 private:
  void read(std::int64_t end);

  const InputFile& file_;
  std::int64_t file_bytes_;
  std::int64_t begin_;
  MemoryBudget& memory_;
  std::shared_ptr<Buffer> buffer_;
  std::size_t size_bytes_ = 0;
};

/// Bytes of the byte order mark that begins a file's `text`. Throws Error(kBadData) naming `path` when it is that of
/// UTF-16, which would only look like odd text later.
std::int64_t byte_order_mark_bytes(std::string_view text, const std::string& path);

}  // namespace headrace
