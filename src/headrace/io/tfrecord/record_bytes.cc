// See record_bytes.h.
#include "headrace/io/tfrecord/record_bytes.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/tfrecord/wire.h"

namespace headrace {
namespace {

std::optional<DeflateForm> form_of(const InputFile& file) {
  std::array<std::byte, kRecordHeaderBytes> start = {};
  auto count = static_cast<std::size_t>(std::min<std::int64_t>(file.size_bytes(), kRecordHeaderBytes));
  file.read_at(0, std::span(start).first(count));
  std::uint32_t checksum = 0;
  std::memcpy(&checksum, start.data() + sizeof(std::uint64_t), sizeof(checksum));
  bool is_plain = count == kRecordHeaderBytes && checksum == masked_crc32c(start.data(), sizeof(std::uint64_t));
  if (is_plain || count < 2) return std::nullopt;
  auto first = std::to_integer<unsigned>(start[0]);
  auto second = std::to_integer<unsigned>(start[1]);
  if (first == 0x1f && second == 0x8b) return DeflateForm::kGzip;
  bool is_zlib = (first & 0x0f) == 8 && first >> 4 <= 7 && (first * 256 + second) % 31 == 0;
  return is_zlib ? std::optional(DeflateForm::kZlib) : std::nullopt;
}

}  // namespace

RecordBytes::RecordBytes(std::unique_ptr<InputFile> file, const std::optional<ByteRange>& range, MemoryBudget& memory)
    : file_(std::move(file)), end_(file_->size_bytes()) {
  if (range) {
    HEADRACE_CHECK(0 <= range->begin && range->begin <= range->end && range->end <= end_);
    begin_ = at_ = range->begin;
    end_ = range->end;
    return;
  }
  std::optional<DeflateForm> form = form_of(*file_);
  if (!form) return;
  inflater_ = std::make_unique<Inflater>(*form, [this](std::span<std::byte> out) { return read_file(out); }, memory);
}

std::size_t RecordBytes::read(std::span<std::byte> out) {
  if (!inflater_) return read_file(out);
  try {
    return inflater_->read(out);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kBadData) throw;
    throw Error(ErrorCode::kBadData, fmt::format("cannot read '{}', before byte {}: {}", path(), at_, error.message()),
                kDamagedHint);
  }
}

std::optional<std::int64_t> RecordBytes::bytes_left() const {
  return inflater_ ? std::nullopt : std::optional(end_ - at_);
}

std::size_t RecordBytes::read_file(std::span<std::byte> out) {
  std::size_t count = std::min(out.size(), static_cast<std::size_t>(end_ - at_));
  if (count == 0) return 0;
  file_->read_at(at_, out.first(count));
  at_ += static_cast<std::int64_t>(count);
  return count;
}

}  // namespace headrace
