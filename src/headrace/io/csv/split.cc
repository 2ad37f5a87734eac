// See split.h.
#include "headrace/io/csv/split.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

#include "headrace/base/error.h"
#include "headrace/io/csv/text_window.h"

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

/// Follows the rows from `begin` on up to the first that begins at or behind `limit`. The window holds [begin, limit)
/// and grows as far as the last row needs it, at most kCsvLookaheadBytes.
Scan scan_rows(TextWindow& window, const InputFile& file, std::int64_t file_bytes, std::int64_t begin,
               std::int64_t limit, const CsvDialect& dialect, MemoryBudget& memory) {
  std::int64_t row = begin;
  std::string_view chunk = window.slice(begin, limit);
  if (!dialect.has_quotes() || chunk.find(dialect.quote) == std::string_view::npos) {
    // Without quotes rows are lines: the last one begins behind the last line end but one.
    std::size_t line_end = chunk.size() < 2 ? std::string_view::npos : chunk.rfind('\n', chunk.size() - 2);
    if (line_end != std::string_view::npos) row += static_cast<std::int64_t>(line_end) + 1;
  }
  std::int64_t unseen_line_ends = 0;
  while (row < limit) {
    std::size_t at = static_cast<std::size_t>(row - window.begin());
    RowEnd end = find_row_end(window.text(), at, window.at_file_end(), dialect);
    if (end.kind == RowEnd::Kind::kNeedsMore) {
      window.extend_to(window.end() + kSlackBytes);
    } else if (end.kind == RowEnd::Kind::kUnseen) {
      row = find_next_line(file, file_bytes, window.end(), memory);
      std::byte last{};
      file.read_at(row - 1, {&last, 1});
      unseen_line_ends = last == std::byte{'\n'} ? 1 : 0;
    } else {
      row = window.begin() + static_cast<std::int64_t>(end.next);
    }
  }
  return {begin, row, count_line_ends(window.slice(begin, row)) + unseen_line_ends};
}

}  // namespace

/// The row starts known so far, and who works on the next ones.
class FileSplits::State {
 public:
  State(RowStart first, std::size_t chunk_count) : starts_{first}, claimed_(chunk_count) {}

  std::mutex mutex;
  std::vector<RowStart> starts_;  // of chunks 0, 1, … and one behind the last: the end
  std::vector<bool> claimed_;

  bool is_scanned(std::size_t index) const { return starts_.size() > index + 1; }

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
    while (state_.claimed_[index_]) state_.wait(lock);
    state_.claimed_[index_] = true;
  }
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  ~Claim() {
    std::unique_lock lock(state_.mutex);
    state_.claimed_[index_] = false;
    state_.notify();
  }

 private:
  State& state_;
  std::size_t index_;
};

FileSplits::FileSplits(FileInfo file, RowStart data_start, CsvDialect dialect, const SourceContext& context)
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
  while (state_->starts_.size() <= index) {
    std::size_t lowest = state_->starts_.size() - 1;
    if (state_->claimed_[lowest]) {
      state_->wait(lock);
    } else {
      lock.unlock();
      work_on(lowest, false);
      lock.lock();
    }
  }
  return state_->starts_[index];
}

SplitText FileSplits::work_on(std::size_t index, bool keeps_text) {
  std::optional<Claim> claim(std::in_place, *state_, index);
  std::optional<RowStart> start;
  std::optional<RowStart> end;
  {
    std::unique_lock lock(state_->mutex);
    if (state_->starts_.size() > index) start = state_->starts_[index];
    if (state_->is_scanned(index)) end = state_->starts_[index + 1];
  }
  if (end && !keeps_text) return {};
  std::int64_t limit = chunk_end(index);
  auto publish = [&] {
    std::unique_lock lock(state_->mutex);
    state_->starts_.push_back(*end);
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
      end ? std::min(end->byte_offset, limit + static_cast<std::int64_t>(kCsvLookaheadBytes)) : limit + kSlackBytes;
  TextWindow window(*file, file_.size_bytes, from, to, *context_.memory);
  if (!end) {
    auto scan = [&](std::int64_t begin) {
      return scan_rows(window, *file, file_.size_bytes, begin, limit, dialect_, *context_.memory);
    };
    std::optional<Scan> guess;
    if (!start) {
      std::size_t line_end = window.slice(from, limit).find('\n');
      if (line_end != std::string_view::npos) guess = scan(from + static_cast<std::int64_t>(line_end) + 1);
      start = start_of(index);
    }
    bool is_right = guess && guess->begin == start->byte_offset;
    Scan exact = is_right                      ? *guess
                 : start->byte_offset >= limit ? Scan{start->byte_offset, start->byte_offset, 0}
                                               : scan(start->byte_offset);
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

}  // namespace headrace
