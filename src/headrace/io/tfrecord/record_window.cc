// See record_window.h.
#include "headrace/io/tfrecord/record_window.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/units.h"
#include "headrace/io/tfrecord/wire.h"

namespace headrace {
namespace {

constexpr std::size_t kWindowBytes = 2 << 20;
constexpr const char* kDamagedHint = "the file is damaged or was not written to its end: write it again";

template <typename T>
T load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

}  // namespace

RecordWindow::RecordWindow(std::unique_ptr<InputFile> file, MemoryBudget& memory)
    : file_(std::move(file)), memory_(memory.shared_from_this()) {
  std::size_t file_bytes = static_cast<std::size_t>(file_->size_bytes());
  buffer_ = Buffer::allocate(*memory_, std::min(kWindowBytes, file_bytes) + kPaddingBytes);
  std::memset(buffer_->mutable_data(), 0, buffer_->size_bytes());
}

std::span<const std::string_view> RecordWindow::next(std::size_t count_max) {
  first_record_ += static_cast<std::int64_t>(records_.size());
  records_.clear();
  while (records_.size() < count_max) {
    std::size_t available = used_ - at_;
    std::uint64_t wanted = kRecordHeaderBytes;
    if (available >= kRecordHeaderBytes) wanted += checked_length() + kRecordTrailerBytes;
    if (available >= wanted && available >= kRecordHeaderBytes) {
      records_.emplace_back(start() + at_ + kRecordHeaderBytes, wanted - kRecordHeaderBytes - kRecordTrailerBytes);
      at_ += wanted;
      continue;
    }
    if (!records_.empty()) break;
    std::uint64_t left_in_file = static_cast<std::uint64_t>(file_->size_bytes() - loaded_end_);
    if (available == 0 && left_in_file == 0) break;
    if (wanted > available + left_in_file) {
      damaged(
          offset_in_file(start() + at_), first_record_,
          fmt::format("the record is cut off: {} bytes are there, {} are needed", available + left_in_file, wanted));
    }
    if (wanted + kPaddingBytes > buffer_->size_bytes()) {
      std::shared_ptr<Buffer> larger = Buffer::allocate(*memory_, static_cast<std::size_t>(wanted) + kPaddingBytes);
      std::memcpy(larger->mutable_data(), start() + at_, available);
      buffer_ = std::move(larger);
      at_ = 0;
      used_ = available;
    }
    if (!load_more()) HEADRACE_CHECK(false && "the file has more bytes");
  }
  return records_;
}

/// Moves what is left to the front of the buffer and fills it up.
bool RecordWindow::load_more() {
  std::byte* bytes = buffer_->mutable_data();
  std::size_t available = used_ - at_;
  if (at_ > 0) std::memmove(bytes, bytes + at_, available);
  at_ = 0;
  used_ = available;
  std::int64_t left = file_->size_bytes() - loaded_end_;
  std::size_t room = buffer_->size_bytes() - kPaddingBytes - used_;
  std::size_t count = std::min(room, static_cast<std::size_t>(left));
  if (count == 0) return false;
  file_->read_at(loaded_end_, {bytes + used_, count});
  used_ += count;
  loaded_end_ += static_cast<std::int64_t>(count);
  std::memset(bytes + used_, 0, kPaddingBytes);
  return true;
}

/// The length of the record at at_, whose header is in memory.
std::uint64_t RecordWindow::checked_length() const {
  const char* header = start() + at_;
  std::int64_t record = first_record_ + static_cast<std::int64_t>(records_.size());
  std::uint64_t length = load<std::uint64_t>(header);
  if (load<std::uint32_t>(header + sizeof(length)) != masked_crc32c(header, sizeof(length))) {
    bool is_gzip = record == 0 && header[0] == '\x1f' && header[1] == '\x8b';
    damaged(offset_in_file(header), record,
            is_gzip ? "it is compressed by gzip, which is not read" : "the checksum of the record's length is wrong");
  }
  if (length > kRecordBytesMax) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("cannot read '{}': record {} at byte {} has {}, more than an Example can", path(), record,
                            offset_in_file(header), format_bytes(length)),
                "it was not written as tf.train.Example");
  }
  return length;
}

void RecordWindow::check(std::size_t index) const {
  std::string_view record = records_[index];
  const char* trailer = record.data() + record.size();
  if (load<std::uint32_t>(trailer) == masked_crc32c(record.data(), record.size())) return;
  damaged(offset_in_file(record.data() - kRecordHeaderBytes), first_record_ + static_cast<std::int64_t>(index),
          "the checksum of the record's data is wrong");
}

std::int64_t RecordWindow::offset_in_file(const char* at) const {
  return loaded_end_ - static_cast<std::int64_t>(used_) + (at - start());
}

void RecordWindow::damaged(std::int64_t offset, std::int64_t record, std::string_view cause) const {
  throw Error(
      ErrorCode::kBadData,
      fmt::format("cannot read '{}', record {} at byte {}: {}", path(), format_count(record + 1), offset, cause),
      kDamagedHint);
}

}  // namespace headrace
