// See read_ahead.h.
#include "headrace/feed/read_ahead.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <tuple>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"

namespace headrace {
namespace {

std::int64_t piece_bytes(const InputFile& file, std::int64_t number) {
  return std::min(ReadAhead::kPieceBytes, file.size_bytes() - number * ReadAhead::kPieceBytes);
}

std::string cache_key(const InputFile& file, std::int64_t number) {
  return fmt::format("{}\n{}\n{}", file.path(), file.size_bytes(), number);
}

}  // namespace

/// Reads through the pieces.
class ReadAhead::File final : public InputFile {
 public:
  File(ReadAhead& owner, FilePtr file) : owner_(owner), file_(std::move(file)) {}

  std::int64_t size_bytes() const override { return file_->size_bytes(); }
  void read_at(std::int64_t offset, std::span<std::byte> out) const override { owner_.read(file_, offset, out); }
  const std::string& path() const override { return file_->path(); }

 private:
  ReadAhead& owner_;
  FilePtr file_;
};

ReadAhead::ReadAhead(std::shared_ptr<FileSystem> fs, ReadAheadOptions options, std::shared_ptr<MemoryBudget> memory)
    : fs_(std::move(fs)), options_(std::move(options)), memory_(std::move(memory)), process_(getpid()) {
  if (!options_.cache_folder.empty()) {
    cache_ = std::make_unique<PieceCache>(options_.cache_folder, options_.cache_bytes);
  }
  for (std::size_t i = 0; i < options_.requests; ++i) threads_.emplace_back([this] { work(); });
}

ReadAhead::~ReadAhead() {
  if (process_ != getpid()) {
    // Threads stay in the parent when a process forks; here there is nobody to wait for.
    [[maybe_unused]] auto* left = new (std::nothrow) std::vector<std::thread>(std::move(threads_));
    return;
  }
  {
    std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  wanted_changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::unique_ptr<InputFile> ReadAhead::open(const std::string& path) {
  return std::make_unique<File>(*this, file_of(path));
}

ReadAhead::FilePtr ReadAhead::file_of(const std::string& path) {
  {
    std::lock_guard lock(mutex_);
    auto found = files_.find(path);
    if (found != files_.end()) return found->second;
  }
  FilePtr file = fs_->open(path);
  std::lock_guard lock(mutex_);
  return files_.emplace(path, std::move(file)).first->second;
}

/// Nothing when it cannot be opened: whoever reads it is told.
ReadAhead::FilePtr ReadAhead::file_or_nothing(const std::string& path) {
  try {
    return file_of(path);
  } catch (const Error&) {
    return nullptr;
  }
}

std::int64_t ReadAhead::request_count() {
  std::lock_guard lock(mutex_);
  return requests_made_;
}

void ReadAhead::fetch(const std::vector<FileRange>& ranges) {
  {
    std::lock_guard lock(mutex_);
    wanted_.assign(ranges.begin(), ranges.end());
    // What lies next to each other is fetched together.
    std::ranges::sort(wanted_, [](const FileRange& a, const FileRange& b) {
      return std::tie(a.path, a.offset) < std::tie(b.path, b.offset);
    });
    std::deque<FileRange> joined;
    for (FileRange& range : wanted_) {
      bool follows = !joined.empty() && joined.back().path == range.path &&
                     range.offset <= joined.back().offset + joined.back().size_bytes + kPieceBytes;
      if (!follows) {
        joined.push_back(std::move(range));
        continue;
      }
      std::int64_t end = std::max(joined.back().offset + joined.back().size_bytes, range.offset + range.size_bytes);
      joined.back().size_bytes = end - joined.back().offset;
    }
    wanted_ = std::move(joined);
  }
  wanted_changed_.notify_all();
}

void ReadAhead::work() {
  std::unique_lock lock(mutex_);
  while (!is_stopped_) {
    if (wanted_.empty()) {
      wanted_changed_.wait(lock);
      continue;
    }
    FileRange range = wanted_.front();
    lock.unlock();
    FilePtr file = file_or_nothing(range.path);
    lock.lock();
    if (wanted_.empty() || wanted_.front() != range) continue;  // another thread, or other wishes
    if (file == nullptr || range.offset < 0) {
      wanted_.pop_front();
      continue;
    }
    std::int64_t first = range.offset / kPieceBytes;
    std::int64_t end = (std::min(range.offset + range.size_bytes, file->size_bytes()) + kPieceBytes - 1) / kPieceBytes;
    while (first < end && pieces_.contains({range.path, first})) ++first;
    if (first >= end) {
      wanted_.pop_front();
      continue;
    }
    if (!has_room(static_cast<std::size_t>(kRequestPieces * kPieceBytes))) {
      wanted_changed_.wait(lock);  // until something was read, or is wanted instead
      continue;
    }
    Request request = begin_request(file, first, end);
    lock.unlock();
    static_cast<void>(run(request));
    lock.lock();
  }
}

/// Marks pieces that are not there as being fetched, from `first` on. Under the lock.
ReadAhead::Request ReadAhead::begin_request(const FilePtr& file, std::int64_t first, std::int64_t end) {
  Request request{file, first, 0};
  for (; first + request.count < end && request.count < kRequestPieces; ++request.count) {
    Key key(file->path(), first + request.count);
    if (pieces_.contains(key)) break;
    std::int64_t bytes = piece_bytes(*file, first + request.count);
    pieces_[key] = {nullptr, bytes, used_.end()};
    held_bytes_ += static_cast<std::size_t>(bytes);
  }
  return request;
}

void ReadAhead::fetch_pieces(const Request& request, std::vector<std::shared_ptr<Buffer>>& pieces) {
  const InputFile& file = *request.file;
  auto size_of = [&](std::int64_t i) { return static_cast<std::size_t>(piece_bytes(file, request.first + i)); };
  for (std::int64_t i = 0; i < request.count; ++i) {
    pieces.push_back(cache_ == nullptr ? nullptr
                                       : cache_->find(cache_key(file, request.first + i), size_of(i), *memory_));
  }
  if (std::ranges::all_of(pieces, [](const auto& piece) { return piece != nullptr; })) return;
  {
    std::lock_guard lock(mutex_);
    ++requests_made_;
  }
  std::size_t bytes = static_cast<std::size_t>((request.count - 1) * kPieceBytes) + size_of(request.count - 1);
  std::shared_ptr<Buffer> all = Buffer::allocate(*memory_, bytes);
  file.read_at(request.first * kPieceBytes, {all->mutable_data(), bytes});
  for (std::int64_t i = 0; i < request.count; ++i) {
    std::shared_ptr<Buffer>& piece = pieces[static_cast<std::size_t>(i)];
    if (piece != nullptr) continue;
    std::span<const std::byte> from(all->data() + i * kPieceBytes, size_of(i));
    piece = Buffer::allocate(*memory_, from.size());
    std::memcpy(piece->mutable_data(), from.data(), from.size());
    if (cache_ != nullptr) cache_->keep(cache_key(file, request.first + i), from);
  }
}

/// Fetches pieces that begin_request() has marked. When that fails, they are as if nobody had asked for them.
std::exception_ptr ReadAhead::run(const Request& request) {
  std::vector<std::shared_ptr<Buffer>> fetched;
  std::exception_ptr failure;
  try {
    fetch_pieces(request, fetched);
  } catch (...) {
    failure = std::current_exception();
  }
  {
    std::lock_guard lock(mutex_);
    for (std::int64_t i = 0; i < request.count; ++i) {
      auto piece = pieces_.find({request.file->path(), request.first + i});
      if (failure) {
        held_bytes_ -= static_cast<std::size_t>(piece_bytes(*request.file, request.first + i));
        pieces_.erase(piece);
      } else {
        piece->second.bytes = std::move(fetched[static_cast<std::size_t>(i)]);
        piece->second.used = used_.insert(used_.end(), piece->first);
      }
    }
  }
  fetched_.notify_all();
  wanted_changed_.notify_all();
  return failure;
}

/// The piece, fetched with some behind it if nobody has begun that. Its owner keeps it. Throws why it cannot be had.
std::shared_ptr<Buffer> ReadAhead::piece_of(const FilePtr& file, std::int64_t number) {
  std::unique_lock lock(mutex_);
  Key key(file->path(), number);
  while (true) {
    auto found = pieces_.find(key);
    if (found == pieces_.end()) {
      // In time: what is asked for must come, whatever else is held.
      make_room(static_cast<std::size_t>(kRequestPieces * kPieceBytes));
      std::int64_t end = (file->size_bytes() + kPieceBytes - 1) / kPieceBytes;
      Request request = begin_request(file, number, end);
      lock.unlock();
      if (std::exception_ptr failure = run(request)) std::rethrow_exception(failure);
      lock.lock();
      continue;
    }
    if (found->second.bytes != nullptr) {
      used_.splice(used_.end(), used_, found->second.used);
      return found->second.bytes;
    }
    fetched_.wait(lock);
  }
}

void ReadAhead::read(const FilePtr& file, std::int64_t offset, std::span<std::byte> out) {
  std::int64_t end = offset + static_cast<std::int64_t>(out.size());
  if (offset < 0 || end > file->size_bytes()) {
    file->read_at(offset, out);  // says what is wrong
    return;
  }
  while (offset < end) {
    std::int64_t number = offset / kPieceBytes;
    std::shared_ptr<Buffer> piece = piece_of(file, number);
    std::int64_t at = offset - number * kPieceBytes;
    std::int64_t count = std::min(end - offset, static_cast<std::int64_t>(piece->size_bytes()) - at);
    std::memcpy(out.data(), piece->data() + at, static_cast<std::size_t>(count));
    note_read({file->path(), number}, count);
    out = out.subspan(static_cast<std::size_t>(count));
    offset += count;
  }
}

void ReadAhead::note_read(const Key& key, std::int64_t bytes) {
  {
    std::lock_guard lock(mutex_);
    auto piece = pieces_.find(key);
    if (piece == pieces_.end() || piece->second.bytes == nullptr) return;
    piece->second.bytes_unread -= bytes;
    if (piece->second.bytes_unread > 0) return;
    drop(piece);
  }
  wanted_changed_.notify_all();
}

/// Under the lock. Requires: the piece is here.
void ReadAhead::drop(std::map<Key, Piece>::iterator piece) {
  held_bytes_ -= piece->second.bytes->size_bytes();
  used_.erase(piece->second.used);
  pieces_.erase(piece);
}

/// Lets go of pieces that are here until `bytes` more can be held, or none is left. Under the lock.
void ReadAhead::make_room(std::size_t bytes) {
  while (!has_room(bytes) && !used_.empty()) drop(pieces_.find(used_.front()));
}

}  // namespace headrace
