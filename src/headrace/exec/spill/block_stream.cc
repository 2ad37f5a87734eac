// See block_stream.h.
#include "headrace/exec/spill/block_stream.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/lz4.h"
#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

std::uint64_t checksum_of(std::span<const std::byte> bytes) {
  return hash_bytes(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace

BlockWriter::BlockWriter(ScratchFile& file, const SpillSpace::Staging& staging, std::vector<SpillBlock>& blocks)
    : file_(file), staging_(staging), blocks_(blocks) {}

std::span<std::byte> BlockWriter::room(std::size_t bytes) {
  if (used_bytes_ + bytes > staging_.block().size()) flush();
  return staging_.block().subspan(used_bytes_, bytes);
}

void BlockWriter::put_byte(std::uint8_t value) {
  room(1)[0] = std::byte{value};
  used_bytes_ += 1;
}

void BlockWriter::put_bytes(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    std::size_t size = std::min(bytes.size(), SpillSpace::kPieceBytes);
    put_piece(bytes.first(size));
    bytes = bytes.subspan(size);
  }
}

void BlockWriter::put_lengths(std::span<const std::int32_t> offsets) {
  constexpr std::size_t kAtOnce = SpillSpace::kPieceBytes / sizeof(std::int32_t);
  std::size_t length_count = offsets.size() - 1;
  for (std::size_t start = 0; start < length_count; start += kAtOnce) {
    std::size_t count = std::min(kAtOnce, length_count - start);
    auto* lengths = reinterpret_cast<std::int32_t*>(staging_.piece().data());
    for (std::size_t i = 0; i < count; ++i) lengths[i] = offsets[start + i + 1] - offsets[start + i];
    put_piece(staging_.piece().first(count * sizeof(std::int32_t)));
  }
}

void BlockWriter::put_piece(std::span<const std::byte> piece) {
  std::uint32_t stored_size = 0;
  std::span<std::byte> out = room(sizeof stored_size + lz4_bytes_max(piece.size()));
  std::span<std::byte> stored = out.subspan(sizeof stored_size);
  stored_size = static_cast<std::uint32_t>(lz4_compress(piece, stored));
  if (stored_size >= piece.size()) {
    stored_size = static_cast<std::uint32_t>(piece.size());
    std::memcpy(stored.data(), piece.data(), piece.size());
  }
  std::memcpy(out.data(), &stored_size, sizeof stored_size);
  used_bytes_ += sizeof stored_size + stored_size;
}

void BlockWriter::flush() {
  if (used_bytes_ == 0) return;
  std::span<const std::byte> block = staging_.block().first(used_bytes_);
  blocks_.push_back({file_.append(block), static_cast<std::uint32_t>(used_bytes_), checksum_of(block)});
  used_bytes_ = 0;
}

BlockReader::BlockReader(const ScratchFile& file, const SpillSpace::Staging& staging,
                         std::span<const SpillBlock> blocks)
    : file_(file), staging_(staging), blocks_(blocks) {}

std::span<const std::byte> BlockReader::take(std::size_t bytes) {
  if (left_.empty()) {
    HEADRACE_CHECK(!blocks_.empty());
    const SpillBlock& block = blocks_.front();
    blocks_ = blocks_.subspan(1);
    std::span<std::byte> staged = staging_.block().first(block.size_bytes);
    file_.read_at(block.offset, staged);
    if (checksum_of(staged) != block.checksum) {
      throw Error(ErrorCode::kIo,
                  fmt::format("spilled data was damaged on disk: the checksum of {} bytes at offset {} is not what was "
                              "written",
                              block.size_bytes, block.offset),
                  "check the disk and the memory of this machine, or give another folder with --spill-dir, and run "
                  "again");
    }
    left_ = staged;
  }
  HEADRACE_CHECK(bytes <= left_.size());
  std::span<const std::byte> taken = left_.first(bytes);
  left_ = left_.subspan(bytes);
  return taken;
}

std::uint8_t BlockReader::get_byte() { return static_cast<std::uint8_t>(take(1)[0]); }

void BlockReader::get_bytes(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    std::span<std::byte> piece = bytes.first(std::min(bytes.size(), SpillSpace::kPieceBytes));
    std::uint32_t stored_size = 0;
    std::memcpy(&stored_size, take(sizeof stored_size).data(), sizeof stored_size);
    std::span<const std::byte> stored = take(stored_size);
    if (stored.size() == piece.size()) {
      std::memcpy(piece.data(), stored.data(), piece.size());
    } else {
      lz4_decompress(stored, piece);
    }
    bytes = bytes.subspan(piece.size());
  }
}

void BlockReader::get_lengths(std::span<std::int32_t> offsets) {
  offsets[0] = 0;
  get_bytes(std::as_writable_bytes(offsets.subspan(1)));
  for (std::size_t i = 1; i < offsets.size(); ++i) offsets[i] += offsets[i - 1];
}

}  // namespace headrace
