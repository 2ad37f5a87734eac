// See piece_cache.h.
#include "headrace/feed/piece_cache.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExtension = ".piece";

std::uint64_t checksum_of(std::span<const std::byte> bytes) {
  return hash_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

struct Piece {
  fs::path path;
  std::uint64_t size_bytes;
  fs::file_time_type used;
};

/// All pieces of a folder; those that vanish meanwhile are left out.
std::vector<Piece> pieces_in(const std::string& folder) {
  std::vector<Piece> pieces;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() != kExtension) continue;
    std::error_code vanished;
    std::uint64_t size = at->file_size(vanished);
    if (vanished) continue;
    fs::file_time_type used = at->last_write_time(vanished);
    if (!vanished) pieces.push_back({at->path(), size, used});
  }
  return pieces;
}

}  // namespace

PieceCache::PieceCache(std::string folder, std::uint64_t bytes_max)
    : folder_(std::move(folder)), bytes_max_(bytes_max) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) {
    throw Error(ErrorCode::kIo, fmt::format("cannot make the cache folder '{}': {}", folder_, error.message()),
                "name a folder of this machine that may be written to");
  }
  for (const Piece& piece : pieces_in(folder_)) bytes_held_ += piece.size_bytes;
}

std::string PieceCache::path_of(const std::string& key) const {
  return fmt::format("{}/{:016x}{}", folder_, hash_bytes(key), kExtension);
}

std::shared_ptr<Buffer> PieceCache::find(const std::string& key, std::size_t size_bytes, MemoryBudget& memory) const {
  std::string path = path_of(key);
  std::ifstream file(path, std::ios::binary);
  if (!file) return nullptr;
  std::uint64_t checksum = 0;
  std::shared_ptr<Buffer> bytes = Buffer::allocate(memory, size_bytes);
  file.read(reinterpret_cast<char*>(&checksum), sizeof(checksum));
  file.read(reinterpret_cast<char*>(bytes->mutable_data()), static_cast<std::streamsize>(size_bytes));
  bool is_whole = file.good() && file.peek() == std::ifstream::traits_type::eof();
  std::error_code ignored;
  if (!is_whole || checksum != checksum_of({bytes->data(), size_bytes})) {
    fs::remove(path, ignored);
    return nullptr;
  }
  fs::last_write_time(path, fs::file_time_type::clock::now(), ignored);
  return bytes;
}

void PieceCache::keep(const std::string& key, std::span<const std::byte> bytes) {
  std::string path = path_of(key);
  std::string unfinished = fmt::format("{}.{}.{}", path, getpid(), static_cast<const void*>(bytes.data()));
  std::error_code ignored;
  {
    std::ofstream file(unfinished, std::ios::binary);
    std::uint64_t checksum = checksum_of(bytes);
    file.write(reinterpret_cast<const char*>(&checksum), sizeof(checksum));
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) {
      fs::remove(unfinished, ignored);
      return;
    }
  }
  fs::rename(unfinished, path, ignored);
  std::lock_guard lock(mutex_);
  bytes_held_ += bytes.size() + sizeof(std::uint64_t);
  if (bytes_held_ > bytes_max_) make_room();
}

void PieceCache::make_room() {
  std::vector<Piece> pieces = pieces_in(folder_);
  std::ranges::sort(pieces, {}, &Piece::used);
  bytes_held_ = 0;
  for (const Piece& piece : pieces) bytes_held_ += piece.size_bytes;
  // Some more than needed, so that the folder is not listed for each piece.
  std::uint64_t wanted = bytes_max_ - bytes_max_ / 8;
  for (const Piece& piece : pieces) {
    if (bytes_held_ <= wanted) break;
    std::error_code ignored;
    fs::remove(piece.path, ignored);
    bytes_held_ -= std::min(bytes_held_, piece.size_bytes);
  }
}

}  // namespace headrace
