// Bytes in blocks, on their way to a scratch file and back.
//
// A block is at most SpillSpace::kBlockBytes long and is written, checksummed (XXH3-64) and read as one. It holds
// whole items, one after another:
//
//   byte                  1 byte
//   bytes                 for each kPieceBytes of them: the stored size (uint32), then the piece, LZ4 compressed, or as
//                         it is when that is no larger
//
// Who reads knows what comes and how long it is, so that the stream says neither. Where the blocks are, and their
// checksums, the writer's index says, in memory: a scratch file has no reader but the process that wrote it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "headrace/exec/spill/spill_space.h"

namespace headrace {

/// Where a block is.
struct SpillBlock {
  std::int64_t offset;
  std::uint32_t size_bytes;
  std::uint64_t checksum;
};

class BlockWriter {
 public:
  /// Appends to `file`, with memory of `staging`, and notes each block in `blocks`.
  BlockWriter(ScratchFile& file, const SpillSpace::Staging& staging, std::vector<SpillBlock>& blocks);

  void put_byte(std::uint8_t value);
  void put_bytes(std::span<const std::byte> bytes);
  /// The differences of neighbouring offsets, which compress better than the offsets.
  void put_lengths(std::span<const std::int32_t> offsets);
  /// Writes what is staged. Must come last.
  void flush();

 private:
  void put_piece(std::span<const std::byte> piece);
  std::span<std::byte> room(std::size_t bytes);

  ScratchFile& file_;
  const SpillSpace::Staging& staging_;
  std::vector<SpillBlock>& blocks_;
  std::size_t used_bytes_ = 0;
};

class BlockReader {
 public:
  BlockReader(const ScratchFile& file, const SpillSpace::Staging& staging, std::span<const SpillBlock> blocks);

  /// All throw Error(kIo) when a block is not what was written.
  std::uint8_t get_byte();
  void get_bytes(std::span<std::byte> bytes);
  /// Fills offsets, of which the first is 0.
  void get_lengths(std::span<std::int32_t> offsets);

 private:
  std::span<const std::byte> take(std::size_t bytes);

  const ScratchFile& file_;
  const SpillSpace::Staging& staging_;
  std::span<const SpillBlock> blocks_;
  std::span<const std::byte> left_;  // of the block that is staged
};

}  // namespace headrace
