// The records of a TFRecord file, window by window.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/column/buffer.h"
#include "headrace/io/tfrecord/record_bytes.h"

namespace headrace {

/// Reads a file from start to end and cuts it into records. Every byte is checked: a length by its checksum before it
/// is believed, data by check(). All errors name the file, the offset and the number of the record.
class RecordWindow {
 public:
  /// Readable bytes behind every record, for loads of whole words.
  static constexpr std::size_t kPaddingBytes = 16;

  /// The records of a file; or of a range of it, the first of which is record `first_record` of the file.
  RecordWindow(std::unique_ptr<InputFile> file, MemoryBudget& memory, const std::optional<ByteRange>& range = {},
               std::int64_t first_record = 0);

  /// Finds the next records, up to `count_max` and to the end of what is in memory, at least one unless the file ends.
  /// They stay valid until the next call.
  std::span<const std::string_view> next(std::size_t count_max);
  /// Whether the checksum of record `index` of the last next() is right.
  bool is_intact(std::size_t index) const;
  /// Throws Error(kBadData) unless it is.
  void check(std::size_t index) const;
  /// What is wrong with record `index` when it is not intact, and where: "the checksum … is wrong (at byte 120)".
  std::string damage(std::size_t index) const;

  const std::string& path() const { return bytes_.path(); }
  /// Records before those of the last next().
  std::int64_t first_record() const { return first_record_; }
  /// Bytes of the file that were read.
  std::int64_t bytes_read() const { return bytes_.file_bytes_read(); }

 private:
  bool load_more(std::uint64_t wanted);
  std::uint64_t checked_length() const;
  std::int64_t offset_of(const char* at) const;
  [[noreturn]] void damaged(std::int64_t offset, std::int64_t record, std::string_view cause) const;
  const char* start() const { return reinterpret_cast<const char*>(buffer_->data()); }

  std::shared_ptr<MemoryBudget> memory_;
  RecordBytes bytes_;
  std::shared_ptr<Buffer> buffer_;
  std::size_t at_ = 0;           // the next record, in the buffer
  std::size_t used_ = 0;         // bytes in the buffer
  std::int64_t loaded_end_ = 0;  // in the records' bytes
  std::int64_t first_record_ = 0;
  std::vector<std::string_view> records_;
};

}  // namespace headrace
