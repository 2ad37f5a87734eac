// See split.h.
#include "headrace/io/text/split.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

#include "headrace/base/error.h"
#include "headrace/io/text/text_window.h"

namespace headrace {
namespace {

/// Read behind a chunk at once, in the hope that its last row ends there.
constexpr std::int64_t kSlackBytes = 16 << 10;
constexpr std::int64_t kSearchBytes = 1 << 20;
/// Offsets inside a split's text take 32 bits.
constexpr std::int64_t kSplitBytesMax = 1 << 30;

/// The start of the line behind the first LF at or behind `from`, or the end of the file.
std::int64_t find_next_line(const InputFile& file, std::int64_t file_bytes, std::int64_t from, MemoryBudget& memory) {
  while (from < file_bytes) {
    TextWindow window(file, file_bytes, from, from + kSearchBytes, memory);
    std::size_t line_end = window.text().find('\n');
    if (line_end != std::string_view::npos) return from + static_cast<std::int64_t>(line_end) + 1;
    from = window.end();
  }
  return file_bytes;
}

struct Scan {
  std::int64_t begin;      // a row start
  std::int64_t end;        // the first row start at or behind the limit
  std::int64_t line_ends;  // in between
};

/// Follows the rows of a chunk. The window holds [begin, limit) of the file and grows as far as the last row needs it,
/// at most by kRowLookaheadBytes.
class ChunkScanner {
 public:
  ChunkScanner(TextWindow& window, const InputFile& file, std::int64_t file_bytes, const TextDialect& dialect,
               MemoryBudget& memory)
      : window_(window), file_(file), file_bytes_(file_bytes), dialect_(dialect), memory_(memory) {}

  /// From the row start `begin` on up to the first row that begins at or behind `limit`.
  Scan scan(std::int64_t begin, std::int64_t limit) {
    if (begin >= limit) return {.begin = begin, .end = begin, .line_ends = 0};
    std::int64_t row = begin + last_row_without_quotes(window_.slice(begin, limit));
    std::int64_t unseen_line_ends = 0;
    while (row < limit) {
      std::size_t at = static_cast<std::size_t>(row - window_.begin());
      RowEnd end = find_row_end(window_.text(), at, window_.at_file_end(), dialect_);
      if (end.kind == RowEnd::Kind::kNeedsMore) {
        window_.extend_to(window_.end() + kSlackBytes);
      } else if (end.kind == RowEnd::Kind::kUnseen) {
        row = find_next_line(file_, file_bytes_, window_.end(), memory_);
        std::byte last{};
        file_.read_at(row - 1, {&last, 1});
        unseen_line_ends = last == std::byte{'\n'} ? 1 : 0;
      } else {
        row = window_.begin() + static_cast<std::int64_t>(end.next);
      }
    }
    return {.begin = begin, .end = row, .line_ends = count_line_ends(window_.slice(begin, row)) + unseen_line_ends};
  }

 private:
  /// Behind the last line end of text without quotes, where rows are lines; 0 if there are quotes.
  std::int64_t last_row_without_quotes(std::string_view chunk) const {
    if (dialect_.has_quotes() && chunk.find(dialect_.quote) != std::string_view::npos) return 0;
    std::size_t line_end = chunk.rfind('\n');
    return line_end == std::string_view::npos ? 0 : static_cast<std::int64_t>(line_end) + 1;
  }

  TextWindow& window_;
  const InputFile& file_;
  std::int64_t file_bytes_;
  const TextDialect& dialect_;
  MemoryBudget& memory_;
};

}  // namespace

/// The row starts known so far, and who works on the next ones.
class FileSplits::State {
 public:
  State(RowStart first, std::size_t chunk_count) : starts{first}, claimed(chunk_count) {}

  std::mutex mutex;
  std::vector<RowStart> starts;  // of chunks 0, 1, … and one behind the last: the end
  std::vector<bool> claimed;

  bool is_scanned(std::size_t index) const { return starts.size() > index + 1; }

  /// Waits for a change by another thread. Called with the lock held.
  void wait(std::unique_lock<std::mutex>& lock) {
    std::uint32_t seen = version_.load();
    lock.unlock();
    version_.wait(seen);
    lock.lock();
  }
  void notify() {
    version_.fetch_add(1);
    version_.notify_all();
  }

 private:
  std::atomic<std::uint32_t> version_{0};
};

/// The exclusive right to scan a chunk. A thread that holds one waits only for chunks before it, so nobody waits in a
/// circle.
class FileSplits::Claim {
 public:
  Claim(State& state, std::size_t index) : state_(state), index_(index) {
    std::unique_lock lock(state_.mutex);
    while (state_.claimed[index_]) state_.wait(lock);
    state_.claimed[index_] = true;
  }
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  ~Claim() {
    std::unique_lock lock(state_.mutex);
    state_.claimed[index_] = false;
    state_.notify();
  }

 private:
  State& state_;
  std::size_t index_;
};

FileSplits::FileSplits(FileInfo file, RowStart data_start, TextDialect dialect, const SourceContext& context)
    : file_(std::move(file)),
      dialect_(dialect),
      context_(context),
      split_bytes_(std::clamp<std::int64_t>(context.split_bytes, 1, kSplitBytesMax)),
      split_count_(
          static_cast<std::size_t>(std::max<std::int64_t>((file_.size_bytes + split_bytes_ - 1) / split_bytes_, 1))),
      state_(std::make_unique<State>(data_start, split_count_)) {}

FileSplits::~FileSplits() = default;

std::int64_t FileSplits::chunk_end(std::size_t index) const {
  return std::min((static_cast<std::int64_t>(index) + 1) * split_bytes_, file_.size_bytes);
}

SplitText FileSplits::read(std::size_t split_index) {
  HEADRACE_CHECK(split_index < split_count_);
  return work_on(split_index, true);
}

/// The start of the first row of a chunk; scans chunks before it that nobody works on.
RowStart FileSplits::start_of(std::size_t index) {
  std::unique_lock lock(state_->mutex);
  while (state_->starts.size() <= index) {
    std::size_t lowest = state_->starts.size() - 1;
    if (state_->claimed[lowest]) {
      state_->wait(lock);
    } else {
      lock.unlock();
      work_on(lowest, false);
      lock.lock();
    }
  }
  return state_->starts[index];
}

SplitText FileSplits::work_on(std::size_t index, bool keeps_text) {
  std::optional<Claim> claim(std::in_place, *state_, index);
  std::optional<RowStart> start;
  std::optional<RowStart> end;
  {
    std::unique_lock lock(state_->mutex);
    if (state_->starts.size() > index) start = state_->starts[index];
    if (state_->is_scanned(index)) end = state_->starts[index + 1];
  }
  if (end && !keeps_text) return {};
  std::int64_t limit = chunk_end(index);
  auto publish = [&] {
    std::unique_lock lock(state_->mutex);
    state_->starts.push_back(*end);
  };
  // A row that began earlier may cover this chunk.
  if (start && start->byte_offset >= limit) {
    if (!end) {
      end = start;
      publish();
    }
    return {.start = *start, .row_bytes = 0, .text = {}, .buffer = nullptr};
  }
  std::unique_ptr<InputFile> file = context_.fs->open(file_.path);
  // The byte before the chunk tells whether a line begins with it.
  std::int64_t from = start ? start->byte_offset : static_cast<std::int64_t>(index) * split_bytes_ - 1;
  std::int64_t to =
      end ? std::min(end->byte_offset, limit + static_cast<std::int64_t>(kRowLookaheadBytes)) : limit + kSlackBytes;
  TextWindow window(*file, file_.size_bytes, from, to, *context_.memory);
  if (!end) {
    ChunkScanner scanner(window, *file, file_.size_bytes, dialect_, *context_.memory);
    std::optional<Scan> guess;
    if (!start) {
      std::size_t line_end = window.slice(from, limit).find('\n');
      if (line_end != std::string_view::npos)
        guess = scanner.scan(from + static_cast<std::int64_t>(line_end) + 1, limit);
      start = start_of(index);
    }
    bool is_right = guess && guess->begin == start->byte_offset;
    Scan exact = is_right ? *guess : scanner.scan(start->byte_offset, limit);
    end = RowStart{exact.end, start->line + exact.line_ends};
    publish();
  }
  claim.reset();
  SplitText split{.start = *start, .row_bytes = end->byte_offset - start->byte_offset, .text = {}, .buffer = nullptr};
  if (split.row_bytes > 0) {
    split.text = window.slice(start->byte_offset, end->byte_offset);
    split.buffer = window.buffer();
  }
  return split;
}

void SourceSplits::add(std::unique_ptr<FileSplits> file) {
  infos_.push_back(file->file());
  split_ends_.push_back(split_count() + file->split_count());
  files_.push_back(std::move(file));
}

SplitText SourceSplits::read(std::size_t split_index, std::size_t& file_index) const {
  HEADRACE_CHECK(split_index < split_count());
  auto end = std::upper_bound(split_ends_.begin(), split_ends_.end(), split_index);
  file_index = static_cast<std::size_t>(end - split_ends_.begin());
  std::size_t first = file_index == 0 ? 0 : split_ends_[file_index - 1];
  return files_[file_index]->read(split_index - first);
}

}  // namespace headrace
