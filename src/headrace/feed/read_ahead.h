// Bytes of files in a store, fetched by threads before they are asked for.
//
// Files are seen as pieces of 1 MiB. What lies next to each other is fetched by one request, up to 4 MiB; a piece that
// is being fetched is waited for, not fetched twice; pieces that have been read to their last byte are let go of, and
// when there is no room, those that were used least recently. A request ahead of time that fails is forgotten: the
// one in time fails with the reason.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "headrace/feed/piece_cache.h"
#include "headrace/io/fs/file_system.h"
#include "headrace/io/source.h"

namespace headrace {

struct ReadAheadOptions {
  std::size_t bytes_max = 64 << 20;  // of pieces in memory
  std::size_t requests = 8;          // at once
  std::string cache_folder = {};     // of pieces that are kept (piece_cache.h); empty: none
  std::uint64_t cache_bytes = 0;
};

/// For reading only. Thread-safe.
class ReadAhead final : public FileSystem {
 public:
  static constexpr std::int64_t kPieceBytes = 1 << 20;
  static constexpr std::int64_t kRequestPieces = 4;

  ReadAhead(std::shared_ptr<FileSystem> fs, ReadAheadOptions options, std::shared_ptr<MemoryBudget> memory);
  ~ReadAhead() override;
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// Fetches what can be held, and forgets what was asked for before and has not begun. Does not wait.
  void fetch(const std::vector<FileRange>& ranges);
  /// How many requests have been made.
  std::int64_t request_count();

  std::unique_ptr<InputFile> open(const std::string& path) override;
  FileInfo info(const std::string& path) override { return fs_->info(path); }
  std::vector<FileInfo> list(const std::string& folder) override { return fs_->list(folder); }
  std::unique_ptr<OutputFile> create(const std::string& path) override { return fs_->create(path); }
  void put(const std::string& path, std::string_view bytes) override { fs_->put(path, bytes); }
  void remove(const std::string& path) override { fs_->remove(path); }

 private:
  class File;
  using FilePtr = std::shared_ptr<const InputFile>;
  using Key = std::pair<std::string, std::int64_t>;  // path, number of the piece
  struct Piece {
    std::shared_ptr<Buffer> bytes;  // nullptr: being fetched
    std::int64_t bytes_unread = 0;
    std::list<Key>::iterator used;  // in used_
  };
  struct Request {
    FilePtr file;
    std::int64_t first = 0;  // piece
    std::int64_t count = 0;
  };

  FilePtr file_of(const std::string& path);
  FilePtr file_or_nothing(const std::string& path);
  void read(const FilePtr& file, std::int64_t offset, std::span<std::byte> out);
  std::shared_ptr<Buffer> piece_of(const FilePtr& file, std::int64_t number);
  std::exception_ptr run(const Request& request);
  void fetch_pieces(const Request& request, std::vector<std::shared_ptr<Buffer>>& pieces);
  void work();
  Request begin_request(const FilePtr& file, std::int64_t first, std::int64_t end);
  void note_read(const Key& key, std::int64_t bytes);
  void drop(std::map<Key, Piece>::iterator piece);
  bool has_room(std::size_t bytes) const { return held_bytes_ + bytes <= options_.bytes_max; }
  void make_room(std::size_t bytes);

  std::shared_ptr<FileSystem> fs_;
  ReadAheadOptions options_;
  std::shared_ptr<MemoryBudget> memory_;
  int process_;  // that the threads are in
  std::unique_ptr<PieceCache> cache_;
  std::mutex mutex_;  // of what follows
  std::condition_variable wanted_changed_;
  std::condition_variable fetched_;
  std::map<std::string, FilePtr> files_;
  std::map<Key, Piece> pieces_;
  std::list<Key> used_;  // the least recently used first; only pieces that are here
  std::size_t held_bytes_ = 0;
  std::deque<FileRange> wanted_;
  std::int64_t requests_made_ = 0;
  bool is_stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace headrace
