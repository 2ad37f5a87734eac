// See first_rows.h.
#include "headrace/exec/first_rows.h"

#include <algorithm>
#include <utility>

namespace headrace {
namespace {

/// Takes as many rows of each split as are wanted at most.
class FirstRowsSink : public Sink {
 public:
  FirstRowsSink(std::int64_t row_count, std::size_t split_count, Spool& rows)
      : row_count_(row_count), by_split_(split_count), rows_(rows) {}

  void start(std::size_t, std::size_t) override {}

  void consume(Batch batch, std::size_t split_index, std::size_t) override {
    std::size_t split = wave_start + split_index;
    std::int64_t left = row_count_ - by_split_[split];
    if (left <= 0) return;
    if (batch.row_count > left) batch = batch.slice(0, left);
    by_split_[split] += batch.row_count;
    rows_.append(std::move(batch), split);
  }

  /// Different splits may be asked about at the same time.
  bool has_enough(std::size_t split) const { return by_split_[split] >= row_count_; }

  std::int64_t rows_before(std::size_t split_end) const {
    std::int64_t rows = 0;
    for (std::size_t split = 0; split < split_end; ++split) rows += by_split_[split];
    return rows;
  }

  std::size_t wave_start = 0;

 private:
  std::int64_t row_count_;
  std::vector<std::int64_t> by_split_;
  Spool& rows_;
};

}  // namespace

void run_first_rows(const StageSource& source, const std::vector<StageOperator>& operators, std::int64_t row_count,
                    Spool& rows, StageCounts& source_counts, const RunContext& context) {
  rows.start(source.split_count);
  FirstRowsSink sink(row_count, source.split_count, rows);
  if (source.has_enough) {
    *source.has_enough = [&sink](std::size_t split) { return sink.has_enough(split); };
  }
  std::size_t size = 1;
  while (sink.wave_start < source.split_count && sink.rows_before(sink.wave_start) < row_count) {
    std::size_t start = sink.wave_start;
    StageSource wave{source.label, std::min(size, source.split_count - start),
                     [&source, start](std::size_t split, const std::function<void(const Batch&)>& push) {
                       source.read(start + split, push);
                     }};
    run_stage(wave, operators, sink, source_counts, nullptr, context);
    sink.wave_start += wave.split_count;
    size *= 2;
  }
  if (source.has_enough) *source.has_enough = nullptr;
}

}  // namespace headrace
