// The records of a TFRecord file, window by window.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "headrace/column/buffer.h"
#include "headrace/io/fs/file_system.h"

namespace headrace {

/// Reads a file from start to end and cuts it into records. Every byte is checked: a length by its checksum before it
/// is believed, data by check(). All errors name the file, the offset and the number of the record.
class RecordWindow {
 public:
  /// Readable bytes behind every record, for loads of whole words.
  static constexpr std::size_t kPaddingBytes = 16;

  RecordWindow(std::unique_ptr<InputFile> file, MemoryBudget& memory);

  /// Finds the next records, up to `count_max` and to the end of what is in memory, at least one unless the file ends.
  /// They stay valid until the next call.
  std::span<const std::string_view> next(std::size_t count_max);
  /// Throws Error(kBadData) unless the checksum of record `index` of the last next() is right.
  void check(std::size_t index) const;

  const std::string& path() const { return file_->path(); }
  /// Records before those of the last next().
  std::int64_t first_record() const { return first_record_; }
  std::int64_t bytes_read() const { return loaded_end_; }

 private:
  bool load_more();
  std::uint64_t checked_length() const;
  std::int64_t offset_in_file(const char* at) const;
  [[noreturn]] void damaged(std::int64_t offset, std::int64_t record, std::string_view cause) const;
  const char* start() const { return reinterpret_cast<const char*>(buffer_->data()); }

  std::unique_ptr<InputFile> file_;
  std::shared_ptr<MemoryBudget> memory_;
  std::shared_ptr<Buffer> buffer_;
  std::size_t at_ = 0;           // the next record, in the buffer
  std::size_t used_ = 0;         // bytes in the buffer
  std::int64_t loaded_end_ = 0;  // of the file
  std::int64_t first_record_ = 0;
  std::vector<std::string_view> records_;
};

}  // namespace headrace
