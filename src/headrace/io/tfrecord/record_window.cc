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
constexpr const char* kWrongChecksum = "the checksum of the record's data is wrong";

template <typename T>
T load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

}  // namespace

RecordWindow::RecordWindow(std::unique_ptr<InputFile> file, MemoryBudget& memory, const std::optional<ByteRange>& range,
                           std::int64_t first_record)
    : memory_(memory.shared_from_this()),
      bytes_(std::move(file), range, memory),
      loaded_end_(range ? range->begin : 0),
      first_record_(first_record) {
  auto left = static_cast<std::size_t>(bytes_.bytes_left().value_or(kWindowBytes));
  buffer_ = Buffer::allocate(*memory_, std::min(kWindowBytes, left) + kPaddingBytes);
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
    std::optional<std::int64_t> left = bytes_.bytes_left();
    bool is_cut_off = left && wanted > available + static_cast<std::uint64_t>(*left) && available + *left > 0;
    if (!is_cut_off && load_more(wanted)) continue;
    available = used_ - at_ + static_cast<std::size_t>(left.value_or(0));
    if (available == 0) break;
    damaged(offset_of(start() + at_), first_record_,
            fmt::format("the record is cut off: {} bytes are there, {} are needed", available, wanted));
  }
  return records_;
}

/// Moves what is left to the front of the buffer and reads on; false at the end. The buffer grows towards `wanted`
/// bytes only as bytes turn up, so that a length which was made up takes no memory.
bool RecordWindow::load_more(std::uint64_t wanted) {
  std::size_t available = used_ - at_;
  std::size_t room = buffer_->size_bytes() - kPaddingBytes;
  if (wanted > room && available == room) {
    std::size_t larger_room = std::min(static_cast<std::size_t>(wanted), std::max(2 * room, kWindowBytes));
    std::shared_ptr<Buffer> larger = Buffer::allocate(*memory_, larger_room + kPaddingBytes);
    std::memcpy(larger->mutable_data(), start() + at_, available);
    buffer_ = std::move(larger);
    room = larger_room;
  } else if (at_ > 0) {
    std::memmove(buffer_->mutable_data(), start() + at_, available);
  }
  at_ = 0;
  used_ = available;
  std::byte* bytes = buffer_->mutable_data();
  std::size_t count = bytes_.read({bytes + used_, room - used_});
  used_ += count;
  loaded_end_ += static_cast<std::int64_t>(count);
  std::memset(bytes + used_, 0, kPaddingBytes);
  return count > 0;
}

/// The length of the record at at_, whose header is in memory.
std::uint64_t RecordWindow::checked_length() const {
  const char* header = start() + at_;
  std::int64_t record = first_record_ + static_cast<std::int64_t>(records_.size());
  std::uint64_t length = load<std::uint64_t>(header);
  if (load<std::uint32_t>(header + sizeof(length)) != masked_crc32c(header, sizeof(length))) {
    damaged(offset_of(header), record, "the checksum of the record's length is wrong");
  }
  if (length > kRecordBytesMax) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("cannot read '{}': record {} at byte {} has {}, more than an Example can", path(), record,
                            offset_of(header), format_bytes(length)),
                "it was not written as tf.train.Example");
  }
  return length;
}

bool RecordWindow::is_intact(std::size_t index) const {
  std::string_view record = records_[index];
  return load<std::uint32_t>(record.data() + record.size()) == masked_crc32c(record.data(), record.size());
}

void RecordWindow::check(std::size_t index) const {
  if (is_intact(index)) return;
  damaged(offset_of(records_[index].data() - kRecordHeaderBytes), first_record_ + static_cast<std::int64_t>(index),
          kWrongChecksum);
}

std::string RecordWindow::damage(std::size_t index) const {
  return fmt::format("{} (at {} {})", kWrongChecksum, bytes_.is_compressed() ? "decompressed byte" : "byte",
                     offset_of(records_[index].data() - kRecordHeaderBytes));
}

std::int64_t RecordWindow::offset_of(const char* at) const {
  return loaded_end_ - static_cast<std::int64_t>(used_) + (at - start());
}

void RecordWindow::damaged(std::int64_t offset, std::int64_t record, std::string_view cause) const {
  throw Error(ErrorCode::kBadData,
              fmt::format("cannot read '{}', record {} at {} {}: {}", path(), format_count(record + 1),
                          bytes_.is_compressed() ? "decompressed byte" : "byte", offset, cause),
              kDamagedHint);
}

}  // namespace headrace
