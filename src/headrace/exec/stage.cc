// See stage.h.
#include "headrace/exec/stage.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <utility>

#include "headrace/base/error.h"
#include "headrace/base/heap_trim.h"

namespace headrace {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// The operators of one worker, and what they counted.
class Worker {
 public:
  Worker(const std::vector<StageOperator>& operators, Sink& sink, std::size_t worker_index)
      : operators_(operators), sink_(sink), worker_index_(worker_index), counts_(operators.size()) {
    for (const StageOperator& op : operators) instances_.push_back(op.make());
  }

  /// Takes rows of the source, of any number.
  void push_rows(const Batch& batch, std::size_t split_index, std::int64_t batch_rows) {
    for (std::int64_t at = 0; at < batch.row_count; at += batch_rows) {
      std::int64_t rows = std::min(batch_rows, batch.row_count - at);
      push(rows == batch.row_count ? batch : batch.slice(at, rows), split_index);
    }
  }

  void push(Batch batch, std::size_t split_index) {
    source_rows_ += batch.row_count;
    source_bytes_ += static_cast<std::int64_t>(batch.data_bytes());
    push_from(0, std::move(batch), split_index);
  }

  void finish(const std::vector<StageOperator>& operators, StageCounts& source_counts, double* sink_seconds) {
    for (std::size_t i = 0; i < instances_.size(); ++i) {
      instances_[i]->finish();
      operators[i].counts->rows_in += counts_[i].rows_in;
      operators[i].counts->rows_out += counts_[i].rows_out;
      operators[i].counts->bytes_out += counts_[i].bytes_out;
      operators[i].counts->seconds += counts_[i].seconds;
      operator_seconds_ += counts_[i].seconds;
    }
    source_counts.rows_out += source_rows_;
    source_counts.bytes_out += source_bytes_;
    source_counts.seconds += total_seconds - operator_seconds_ - sink_seconds_;
    if (sink_seconds != nullptr) *sink_seconds += sink_seconds_;
  }

  double total_seconds = 0;  // of reading splits, with all that came of it

 private:
  void push_from(std::size_t index, Batch batch, std::size_t split_index) {
    if (index == instances_.size()) {
      Clock::time_point start = Clock::now();
      sink_.consume(std::move(batch), split_index, worker_index_);
      sink_seconds_ += seconds_since(start);
      return;
    }
    std::vector<Batch> out;
    StageCounts& counts = counts_[index];
    counts.rows_in += batch.row_count;
    Clock::time_point start = Clock::now();
    with_context([&] { instances_[index]->push(batch, out); }, [&] { return "running " + operators_[index].label; });
    counts.seconds += seconds_since(start);
    for (Batch& next : out) {
      counts.rows_out += next.row_count;
      counts.bytes_out += static_cast<std::int64_t>(next.data_bytes());
      push_from(index + 1, std::move(next), split_index);
    }
  }

  const std::vector<StageOperator>& operators_;
  Sink& sink_;
  std::size_t worker_index_;
  std::vector<std::unique_ptr<Operator>> instances_;
  std::vector<StageCounts> counts_;
  std::int64_t source_rows_ = 0;
  std::int64_t source_bytes_ = 0;
  double operator_seconds_ = 0;
  double sink_seconds_ = 0;
};

/// Hands rows on.
class PushSink : public Sink {
 public:
  explicit PushSink(const std::function<void(const Batch&)>& push) : push_(push) {}
  void start(std::size_t, std::size_t) override {}
  void consume(Batch batch, std::size_t, std::size_t) override { push_(batch); }

 private:
  const std::function<void(const Batch&)>& push_;
};

}  // namespace

StageSource with_operators(StageSource source, std::vector<StageOperator> operators, StageCounts& source_counts,
                           const RunContext& context) {
  struct State {
    StageSource source;
    std::vector<StageOperator> operators;
    std::mutex mutex;  // of all counts
  };
  auto state = std::make_shared<State>();
  state->source = source;
  state->operators = std::move(operators);
  source.read = [state, &source_counts, batch_rows = context.batch_rows](
                    std::size_t split, const std::function<void(const Batch&)>& push) {
    PushSink sink(push);
    Worker worker(state->operators, sink, 0);
    Clock::time_point start = Clock::now();
    state->source.read(split, [&](const Batch& batch) { worker.push_rows(batch, split, batch_rows); });
    worker.total_seconds = seconds_since(start);
    std::lock_guard lock(state->mutex);
    worker.finish(state->operators, source_counts, nullptr);
  };
  return source;
}

StageSource one_after_another(std::string label, std::vector<StageSource> sources) {
  auto parts = std::make_shared<std::vector<StageSource>>(std::move(sources));
  StageSource all;
  all.label = std::move(label);
  all.has_enough = std::make_shared<std::function<bool(std::size_t)>>();
  std::vector<std::size_t> ends;
  for (StageSource& part : *parts) {
    std::size_t start = all.split_count;
    if (part.has_enough) {
      *part.has_enough = [outer = all.has_enough, start](std::size_t split) {
        return *outer && (*outer)(start + split);
      };
    }
    all.split_count += part.split_count;
    ends.push_back(all.split_count);
  }
  all.read = [parts, ends](std::size_t split, const std::function<void(const Batch&)>& push) {
    auto part = static_cast<std::size_t>(std::ranges::upper_bound(ends, split) - ends.begin());
    (*parts)[part].read(part == 0 ? split : split - ends[part - 1], push);
  };
  return all;
}

StageSource with_fewer_splits(StageSource source, std::size_t split_count_max) {
  std::size_t together = (source.split_count + split_count_max - 1) / split_count_max;
  if (together <= 1) return source;
  std::size_t split_count = source.split_count;
  auto read = [read_one = std::move(source.read), together, split_count](
                  std::size_t split, const std::function<void(const Batch&)>& push) {
    std::size_t end = std::min(split_count, (split + 1) * together);
    for (std::size_t one = split * together; one < end; ++one) read_one(one, push);
  };
  return {std::move(source.label), (split_count + together - 1) / together, std::move(read)};
}

void run_stage(const StageSource& source, const std::vector<StageOperator>& operators, Sink& sink,
               StageCounts& source_counts, double* sink_seconds, const RunContext& context) {
  std::size_t worker_count = std::max<std::size_t>(1, std::min(context.thread_count, source.split_count));
  sink.start(source.split_count, worker_count);
  std::vector<std::unique_ptr<Worker>> workers(worker_count);
  std::atomic<std::size_t> splits_done{0};
  std::atomic<std::int64_t> rows_done{0};
  HeapTrim trim(*context.memory);

  auto run_split = [&](std::size_t split, std::size_t worker_index) {
    if (!workers[worker_index]) workers[worker_index] = std::make_unique<Worker>(operators, sink, worker_index);
    Worker& worker = *workers[worker_index];
    std::int64_t split_rows = 0;
    Clock::time_point start = Clock::now();
    source.read(split, [&](const Batch& batch) {
      context.cancellation->check();
      split_rows += batch.row_count;
      worker.push_rows(batch, split, context.batch_rows);
      trim.now_and_then();
    });
    sink.finish_split(split);
    worker.total_seconds += seconds_since(start);
    std::size_t done = splits_done.fetch_add(1) + 1;
    std::int64_t rows = rows_done.fetch_add(split_rows) + split_rows;
    if (context.on_progress) context.on_progress({source.label, done, source.split_count, rows});
  };
  run_tasks(source.split_count, worker_count, *context.cancellation, [&](std::size_t split, std::size_t worker_index) {
    try {
      run_split(split, worker_index);
    } catch (...) {
      sink.abandon();
      throw;
    }
  });
  for (auto& worker : workers) {
    if (worker) worker->finish(operators, source_counts, sink_seconds);
  }
}

}  // namespace headrace
