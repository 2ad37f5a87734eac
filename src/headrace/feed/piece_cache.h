// Pieces of files that are kept in a folder of this machine, so that another epoch, or another process, need not fetch
// them again.
//
//   <folder>/<16 hex digits of the key's hash>.piece     XXH3-64, seed 0, of what follows, 8 bytes little-endian; bytes
//
// A piece is written under another name and renamed, so it is whole or not there; one whose checksum is wrong is
// removed. When the folder holds more than its limit, the pieces that were used least recently go. Several processes
// may share a folder. It never fails: what cannot be read or written is as if it were not there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "headrace/column/buffer.h"

namespace headrace {

class PieceCache {
 public:
  /// Makes the folder. Throws Error(kIo) when that cannot be.
  PieceCache(std::string folder, std::uint64_t bytes_max);

  /// The piece of that key, or nullptr. Thread-safe.
  std::shared_ptr<Buffer> find(const std::string& key, std::size_t size_bytes, MemoryBudget& memory) const;
  void keep(const std::string& key, std::span<const std::byte> bytes);

 private:
  std::string path_of(const std::string& key) const;
  void make_room();

  std::string folder_;
  std::uint64_t bytes_max_;
  std::mutex mutex_;              // of what follows
  std::uint64_t bytes_held_ = 0;  // as far as this process knows
};

}  // namespace headrace
