// See feed.h.
#include "headrace/feed/feed.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/heap_trim.h"
#include "headrace/base/units.h"
#include "headrace/base/workers.h"
#include "headrace/feed/batch_pool.h"
#include "headrace/feed/feed_window.h"
#include "headrace/feed/mix_planner.h"
#include "headrace/feed/window_planner.h"

namespace headrace {
namespace {

using Clock = std::chrono::steady_clock;

// Of the budget, for batches; the rest is for reading.
constexpr double kBatchShare = 0.7;
// How many windows' batches may be made ahead of the consumer.
constexpr std::size_t kWindowsAhead = 2;
// Measured stalls change the number of threads at most once in as many windows.
constexpr std::int64_t kWindowsPerChange = 2;

std::unique_ptr<Planner> planner_of(const FeedPlan& plan, const FeedPosition& start,
                                    std::optional<std::int64_t> epoch_end) {
  if (plan.mix != nullptr) return std::make_unique<MixPlanner>(plan, start, epoch_end);
  return std::make_unique<WindowPlanner>(plan.data->block_rows(), plan.options, plan.window_rows, start, epoch_end);
}

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

class Feed::Engine {
 public:
  Engine(const FeedPlan& plan, std::shared_ptr<MemoryBudget> memory, const FeedPosition& start,
         std::optional<std::int64_t> epoch_end)
      : plan_(plan),
        memory_(std::move(memory)),
        trim_(*memory_),
        planner_(planner_of(plan, start, epoch_end)),
        open_blocks_(plan.mix == nullptr ? 1 : plan.mix->parts.size()),
        thread_count_(thread_count()),
        active_(plan.options.threads > 0 ? thread_count_ : std::min<std::size_t>(thread_count_, 2)),
        has_ended_(plan.epoch_rows() == 0) {
    make_pool();
    for (std::size_t i = 0; i < thread_count_; ++i) threads_.emplace_back([this, i] { work(i); });
  }

  ~Engine() { stop(); }

  void stop() {
    {
      std::lock_guard lock(signals_->mutex);
      is_stopped_ = true;
      cancellation_.cancel();
    }
    signals_->work.notify_all();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    std::deque<std::shared_ptr<PendingBatch>> dropped;  // whose memory comes back when the lock is free
    {
      std::lock_guard lock(signals_->mutex);
      has_ended_ = true;
      dropped.swap(ready_);
      windows_.clear();
    }
    dropped.clear();
    for (OpenBlocks& open : open_blocks_) open.clear();
    pool_->close();
  }

  std::optional<FeedBatch> next(std::chrono::milliseconds wait) {
    Clock::time_point start = Clock::now();
    std::unique_lock lock(signals_->mutex);
    bool had_to_wait = false;
    while (true) {
      if (error_) std::rethrow_exception(error_);
      if (!ready_.empty() && ready_.front()->rows_left == 0) break;
      if (has_ended_ && ready_.empty()) return std::nullopt;
      check_room();
      had_to_wait = true;
      if (signals_->batches.wait_until(lock, start + wait) == std::cv_status::timeout) break;
    }
    if (had_to_wait) {
      stats_.consumer_wait += seconds_since(start);
      if (stats_.batches > 0) note_stall();
    }
    if (ready_.empty() || ready_.front()->rows_left > 0) return std::nullopt;
    std::shared_ptr<PendingBatch> pending = std::move(ready_.front());
    ready_.pop_front();
    if (planned_) signals_->work.notify_all();  // there may be room for it now
    stats_.batches += 1;
    stats_.rows += pending->batch.row_count;
    return std::move(pending->batch);
  }

  bool is_at_end() {
    std::lock_guard lock(signals_->mutex);
    return !error_ && has_ended_ && ready_.empty();
  }

  FeedStats stats() {
    std::lock_guard lock(signals_->mutex);
    FeedStats stats = stats_;
    stats.storage = 0;
    for (std::size_t lane = 0; lane < open_blocks_.size(); ++lane)
      stats.storage += plan_.part(lane).data->storage_seconds();
    stats.decode = std::max(0.0, busy_ - stats.storage);
    stats.threads = active_;
    stats.peak_bytes = memory_->peak_bytes();
    return stats;
  }

 private:
  /// What threads and the batches' memory wake each other by; outlives the engine in batches that are still held.
  struct Signals {
    std::mutex mutex;
    std::condition_variable work;     // for threads
    std::condition_variable batches;  // for the consumer
  };

  struct Job {
    std::shared_ptr<FeedWindow> window;
    WindowTask task;
  };

  std::size_t thread_count() const {
    if (plan_.options.threads > 0) return plan_.options.threads;
    return std::max<std::size_t>(std::thread::hardware_concurrency(), 1);
  }

  /// The most batches that have rows of one window.
  std::size_t batches_of_window() const {
    std::int64_t step_rows = plan_.options.batch_size * plan_.options.world_size * plan_.options.worker_count;
    return static_cast<std::size_t>(plan_.window_rows / step_rows) + 2;
  }

  void make_pool() {
    std::size_t block_bytes = std::max<std::size_t>(plan_.layout->size_bytes(), 64);
    // And the one that the consumer works on. Windows of several data sets end at different steps.
    std::size_t needed = batches_of_window() * (plan_.mix == nullptr ? 1 : 2) + 1;
    ahead_max_ = needed * kWindowsAhead;
    std::size_t room = std::numeric_limits<std::size_t>::max();
    std::size_t limit = memory_->limit_bytes();
    if (limit != MemoryBudget::kUnlimited) {
      room = static_cast<std::size_t>(static_cast<double>(limit) * kBatchShare) / block_bytes;
      if (room < needed) {
        // Beside the batches: a column of the window for each thread, and what else is small.
        std::size_t decoded = thread_count() * static_cast<std::size_t>(plan_.window_rows) * sizeof(std::int64_t);
        auto batches = static_cast<double>(needed * block_bytes);
        throw Error(ErrorCode::kOutOfMemory,
                    fmt::format("a window of {} rows takes {} batches of {}, and {} are allowed", plan_.window_rows,
                                needed, format_bytes(block_bytes), format_bytes(limit)),
                    fmt::format("memory=\"{}\" or more, or a smaller window",
                                format_bytes(static_cast<std::size_t>(batches / kBatchShare) + decoded + (1 << 20))));
      }
    }
    std::weak_ptr<Signals> signals = signals_;
    pool_ = std::make_shared<BatchPool>(block_bytes, room, memory_, [signals] {
      std::shared_ptr<Signals> alive = signals.lock();
      if (alive == nullptr) return;
      // Whoever checks for room holds the mutex, so the notice cannot fall between its look and its wait.
      {
        std::lock_guard lock(alive->mutex);
      }
      alive->work.notify_all();
    });
  }

  void work(std::size_t worker) {
    try {
      while (std::optional<Job> job = next_job(worker)) {
        Clock::time_point start = Clock::now();
        job->window->run(job->task, open_blocks_[job->window->planned().lane], *memory_, cancellation_);
        finish_task(*job->window, seconds_since(start));
      }
    } catch (...) {
      std::lock_guard lock(signals_->mutex);
      if (!error_ && !is_stopped_) error_ = told_of_memory(std::current_exception());
      is_stopped_ = true;
      cancellation_.cancel();
      signals_->work.notify_all();
      signals_->batches.notify_all();
    }
  }

  std::optional<Job> next_job(std::size_t worker) {
    std::unique_lock lock(signals_->mutex);
    while (true) {
      if (is_stopped_) return std::nullopt;
      if (worker < active_) {
        for (const std::shared_ptr<FeedWindow>& window : windows_) {
          if (window->has_task()) return Job{window, window->next_task()};
        }
        // Planning lets go of the lock: stop() may have been called in the meantime.
        if (!has_ended_ && !is_planning_ && (plan_window(lock) || is_stopped_)) continue;
      }
      if (has_ended_ && windows_.empty()) return std::nullopt;
      Clock::time_point start = Clock::now();
      signals_->work.wait(lock);
      stats_.full += worker < active_ ? seconds_since(start) : 0;
    }
  }

  /// Plans the next window and gives it its batches, if there is room; returns whether anything has changed.
  bool plan_window(std::unique_lock<std::mutex>& lock) {
    if (!planned_) {
      is_planning_ = true;
      lock.unlock();
      std::optional<PlannedWindow> planned;
      std::exception_ptr failure;
      try {
        planned = planner_->next();
        if (planned) select_rows(*planned);
      } catch (...) {
        failure = std::current_exception();
      }
      lock.lock();
      is_planning_ = false;
      if (failure) std::rethrow_exception(failure);
      if (!planned) {
        has_ended_ = true;
        signals_->work.notify_all();
        signals_->batches.notify_all();
        return true;
      }
      planned_ = std::move(planned);
    }
    std::size_t new_batches = static_cast<std::size_t>(std::ranges::count_if(
        planned_->batches, [&](const PlannedBatch& each) { return pending_of(each) == nullptr; }));
    // The batch that is next may lack rows of this window: then it is not put off.
    bool can_wait = !ready_.empty() && (ready_.front()->rows_left == 0 || !windows_.empty());
    if (can_wait && ready_.size() + new_batches > ahead_max_) {
      note_idle();
      return false;
    }
    std::vector<std::shared_ptr<std::byte>> blocks = pool_->take(new_batches);
    blocks_missed_ = blocks.size() < new_batches ? new_batches : 0;
    if (blocks_missed_ > 0) {
      signals_->batches.notify_all();
      return false;
    }
    begin_window(std::move(blocks));
    return true;
  }

  /// Says which stored rows the blocks' rows are, where a selection leaves some out.
  void select_rows(PlannedWindow& planned) const {
    const FeedData& data = *plan_.part(planned.lane).data;
    const RowSelection* selection = data.selection();
    if (selection == nullptr) return;
    for (const BlockRows& block : planned.blocks) {
      std::vector<std::uint32_t> rows = selection->rows_of(block.block);
      if (std::ssize(rows) != data.block_rows()[block.block]) {
        throw Error(ErrorCode::kBadData, fmt::format("{} has changed since it was opened", data.name()),
                    "feed files that nobody writes to");
      }
      auto first = rows.begin() + block.first_row;
      planned.stored_rows.emplace_back(first, first + block.row_count);
    }
  }

  /// The batch that is being made already, or nullptr.
  std::shared_ptr<PendingBatch> pending_of(const PlannedBatch& planned) const {
    for (auto each = ready_.rbegin(); each != ready_.rend(); ++each) {
      const FeedBatch& batch = (*each)->batch;
      if (batch.epoch == planned.epoch && batch.step == planned.step) return *each;
      if (std::tie(batch.epoch, batch.step) < std::tie(planned.epoch, planned.step)) break;
    }
    return nullptr;
  }

  void begin_window(std::vector<std::shared_ptr<std::byte>> blocks) {
    std::vector<std::shared_ptr<PendingBatch>> batches;
    std::size_t next_block = 0;
    for (const PlannedBatch& planned : planned_->batches) {
      if (std::shared_ptr<PendingBatch> pending = pending_of(planned)) {
        batches.push_back(std::move(pending));
        continue;
      }
      ready_.push_back(new_batch(planned, std::move(blocks[next_block++])));
      batches.push_back(ready_.back());
    }
    fetch_blocks();
    auto window = std::make_shared<FeedWindow>(plan_.part(planned_->lane), std::move(*planned_), std::move(batches),
                                               thread_count_);
    planned_.reset();
    ++window_count_;
    if (window->is_empty()) {
      complete(*window);
    } else {
      windows_.push_back(std::move(window));
    }
    signals_->work.notify_all();
  }

  /// Asks for the bytes of the window that begins.
  void fetch_blocks() const {
    const FeedPlan& part = plan_.part(planned_->lane);
    if (!part.data->fetches()) return;
    std::vector<std::size_t> blocks;
    for (const BlockRows& block : planned_->blocks) blocks.push_back(block.block);
    std::vector<std::string> columns;
    for (const FeedUnit& unit : part.columns.units) {
      columns.insert(columns.end(), unit.source_columns.begin(), unit.source_columns.end());
    }
    part.data->fetch(blocks, columns);
  }

  std::shared_ptr<PendingBatch> new_batch(const PlannedBatch& planned, std::shared_ptr<std::byte> block) const {
    auto pending = std::make_shared<PendingBatch>();
    pending->batch = {plan_.layout, std::move(block), {}, planned.row_count, planned.epoch, planned.step};
    pending->rows_left = planned.real_row_count;
    pending->ragged_pieces.lock()->resize(plan_.columns.tensors.size());
    if (planned.real_row_count < planned.row_count) {
      std::memset(pending->batch.block.get(), 0, plan_.layout->size_bytes());
    }
    if (plan_.columns.padding_mask) {
      std::byte* mask = pending->batch.values(*plan_.columns.padding_mask);
      std::memset(mask, 1, static_cast<std::size_t>(planned.real_row_count));
    }
    return pending;
  }

  void finish_task(FeedWindow& window, double seconds) {
    std::unique_lock lock(signals_->mutex);
    busy_ += seconds;
    if (!window.finish_task()) {
      if (window.has_task()) signals_->work.notify_all();
      return;
    }
    lock.unlock();
    join_ragged(window);
    trim_.now_and_then_within(*memory_);
    lock.lock();
    complete(window);
    std::erase_if(windows_, [&](const std::shared_ptr<FeedWindow>& each) { return each.get() == &window; });
    signals_->work.notify_all();
  }

  /// Under the lock.
  void complete(const FeedWindow& window) {
    for (std::size_t i = 0; i < window.batches().size(); ++i) {
      window.batches()[i]->rows_left -= window.planned().batches[i].rows_taken;
    }
    signals_->batches.notify_all();
  }

  /// Joins the lists of batches that have all their rows with this window.
  void join_ragged(const FeedWindow& window) {
    for (std::size_t i = 0; i < window.batches().size(); ++i) {
      PendingBatch& pending = *window.batches()[i];
      auto pieces = pending.ragged_pieces.lock();
      pending.batch.ragged.resize(pieces->size());
      for (std::size_t column = 0; column < pieces->size(); ++column) {
        const TensorColumn& tensor = plan_.columns.tensors[column];
        if (!tensor.is_ragged) continue;
        std::int64_t rows = 0;
        for (const RaggedPiece& piece : (*pieces)[column]) rows += piece.row_count;
        if (rows < window.planned().batches[i].real_row_count) continue;
        pending.batch.ragged[column] =
            join_pieces((*pieces)[column], pending.batch.row_count, tensor.type.value_bytes(), *memory_);
      }
    }
  }

  /// The same error; one of memory with what helps in a feed.
  std::exception_ptr told_of_memory(std::exception_ptr failure) const {
    try {
      std::rethrow_exception(failure);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kOutOfMemory) return failure;
      std::size_t held = pool_->taken() - ready_.size();
      if (held < 2) {
        const char* hint = "raise memory, or take a smaller window or fewer threads";
        return std::make_exception_ptr(Error(error.code(), error.message(), hint));
      }
      return std::make_exception_ptr(
          Error(error.code(), fmt::format("{}, and {} batches that were taken are still held", error.message(), held),
                "let go of batches after use, copy what shall be kept, or raise memory"));
    } catch (...) {
      return failure;
    }
  }

  /// Throws when no thread will ever have room for the next batch, since the consumer holds what there is.
  void check_room() const {
    if (blocks_missed_ == 0 || !windows_.empty() || is_planning_) return;
    if (blocks_missed_ <= pool_->blocks_max() - pool_->taken()) return;
    throw Error(ErrorCode::kOutOfMemory,
                fmt::format("{} batches that were taken are still held, and memory allows {} in all",
                            pool_->taken() - ready_.size(), pool_->blocks_max()),
                "let go of batches after use, copy what shall be kept, or raise memory");
  }

  /// The consumer waited: one more thread, where the number is ours to choose.
  void note_stall() {
    if (plan_.options.threads > 0 || window_count_ < last_change_ + kWindowsPerChange) return;
    idle_windows_ = 0;
    if (active_ == thread_count_) return;
    ++active_;
    last_change_ = window_count_;
    signals_->work.notify_all();
  }

  /// All room is taken: threads are ahead of the consumer.
  void note_idle() {
    if (plan_.options.threads > 0 || window_count_ < last_change_ + kWindowsPerChange) return;
    if (++idle_windows_ < 2 * kWindowsPerChange || active_ == 1) return;
    --active_;
    idle_windows_ = 0;
    last_change_ = window_count_;
  }

  const FeedPlan& plan_;
  std::shared_ptr<MemoryBudget> memory_;
  std::shared_ptr<Signals> signals_ = std::make_shared<Signals>();
  std::shared_ptr<BatchPool> pool_;
  HeapTrim trim_;
  std::unique_ptr<Planner> planner_;     // of whoever is planning
  std::vector<OpenBlocks> open_blocks_;  // by lane
  Cancellation cancellation_;
  std::size_t thread_count_;
  std::size_t ahead_max_ = 0;  // batches that are made or being made, and not taken
  // Under signals_->mutex:
  std::size_t active_;                               // threads with a lower number work
  std::deque<std::shared_ptr<FeedWindow>> windows_;  // that are being read
  std::deque<std::shared_ptr<PendingBatch>> ready_;  // in their order; the first may still be filled
  std::optional<PlannedWindow> planned_;             // that waits for room
  bool is_planning_ = false;
  std::size_t blocks_missed_ = 0;  // that planned_ needs and did not get
  bool has_ended_ = false;         // there is nothing more to plan
  bool is_stopped_ = false;
  std::exception_ptr error_;
  FeedStats stats_;
  double busy_ = 0;
  std::int64_t window_count_ = 0;
  std::int64_t last_change_ = 0;
  std::int64_t idle_windows_ = 0;
  std::vector<std::thread> threads_;
  int process_ = getpid();

  friend class Feed;
};

Feed::Feed(std::shared_ptr<const FeedPlan> plan, std::shared_ptr<MemoryBudget> memory, const FeedPosition& start,
           std::optional<std::int64_t> epoch_end)
    : plan_(std::move(plan)),
      start_(start),
      position_(start),
      engine_(std::make_unique<Engine>(*plan_, std::move(memory), start, epoch_end)) {}

Feed::~Feed() {
  // Threads stay in the parent when a process forks; their locks may be held for ever here.
  if (engine_->process_ == getpid()) return;
  [[maybe_unused]] Engine* left = engine_.release();
}

std::optional<FeedBatch> Feed::next(std::chrono::milliseconds wait) {
  if (engine_->process_ != getpid()) {
    throw Error(
        ErrorCode::kUnsupported,
        fmt::format("this feed reads in threads of process {}, from which this one was forked", engine_->process_),
        "make the feed in the process that reads it");
  }
  std::optional<FeedBatch> batch = engine_->next(wait);
  if (batch) position_ = plan_->behind(start_, batch->epoch, batch->step);
  return batch;
}

bool Feed::is_at_end() const { return engine_->is_at_end(); }

FeedStats Feed::stats() const { return engine_->stats(); }

void Feed::stop() {
  if (engine_->process_ == getpid()) engine_->stop();
}

}  // namespace headrace
