// See spool.h.
#include "headrace/exec/spill/spool.h"

#include <algorithm>
#include <utility>

#include "headrace/base/error.h"

namespace headrace {

Spool::Spool(std::shared_ptr<const Schema> schema, const RunContext& context)
    : schema_(std::move(schema)),
      memory_(context.memory),
      file_(context, schema_),
      overhead_(*memory_, 0, "rows that are kept") {}

void Spool::start(std::size_t split_count) { by_split_.resize(split_count); }

bool Spool::keeps(const Batch& batch) {
  // Of the batch itself most has been charged, by its buffers.
  std::size_t bytes = batch.columns.size() * sizeof(Column);
  std::size_t half = memory_->limit_bytes() / 2;
  std::lock_guard lock(mutex_);
  if (bytes > half || memory_->used_bytes() > half - bytes) return false;
  overhead_.resize(overhead_.bytes() + bytes, "rows that are kept");
  return true;
}

void Spool::append(Batch batch, std::size_t split_index) {
  batch.schema = schema_;
  Entry entry;
  if (keeps(batch)) {
    entry.batch = std::move(batch);
  } else {
    entry.spilled = file_.append(batch);
    entry.batch.row_count = batch.row_count;
  }
  by_split_[split_index].push_back(std::move(entry));
}

void Spool::finish() {
  for (std::vector<Entry>& entries : by_split_) {
    for (Entry& entry : entries) {
      first_rows_.push_back(first_rows_.back() + entry.batch.row_count);
      entries_.push_back(std::move(entry));
    }
  }
  by_split_.clear();
}

void Spool::keep_first(std::int64_t row_count) {
  while (this->row_count() > row_count) {
    std::size_t last = entries_.size() - 1;
    if (first_rows_[last] < row_count) {
      first_rows_.back() = row_count;
    } else {
      first_rows_.pop_back();
      entries_.pop_back();
    }
  }
}

void Spool::drop_first(std::int64_t row_count) {
  row_count = std::min(row_count, this->row_count());
  std::size_t whole = 0;  // batches that go
  while (whole < entries_.size() && first_rows_[whole + 1] <= row_count) ++whole;
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(whole));
  first_rows_.erase(first_rows_.begin(), first_rows_.begin() + static_cast<std::ptrdiff_t>(whole));
  if (!entries_.empty()) entries_[0].skipped += row_count - first_rows_[0];
  for (std::int64_t& first_row : first_rows_) first_row = std::max<std::int64_t>(0, first_row - row_count);
}

Batch Spool::read(std::size_t index) const {
  const Entry& entry = entries_[index];
  Batch batch = entry.spilled ? file_.read(*entry.spilled) : entry.batch;
  std::int64_t rows = first_rows_[index + 1] - first_rows_[index];
  return rows == batch.row_count ? batch : batch.slice(entry.skipped, rows);
}

}  // namespace headrace
