// See split_range.h.
#include "headrace/io/split_range.h"

#include <utility>

#include "headrace/base/error.h"

namespace headrace {
namespace {

/// Tells the tally what was read when the rows end.
class TalliedSplit final : public SplitStream {
 public:
  TalliedSplit(std::unique_ptr<SplitStream> rows, std::size_t split_index, std::shared_ptr<ScanTally> tally)
      : rows_(std::move(rows)), split_index_(split_index), tally_(std::move(tally)) {}

  bool next(Batch& batch) override {
    if (rows_->next(batch)) return true;
    if (!std::exchange(is_told_, true)) tally_->add(split_index_, rows_->counts(), rows_->bad_rows());
    return false;
  }
  const ScanCounts& counts() const override { return rows_->counts(); }
  std::vector<BadRow>& bad_rows() override { return rows_->bad_rows(); }

 private:
  std::unique_ptr<SplitStream> rows_;
  std::size_t split_index_;
  std::shared_ptr<ScanTally> tally_;
  bool is_told_ = false;
};

class SplitRange final : public SourceReader {
 public:
  SplitRange(std::shared_ptr<const SourceReader> reader, std::size_t begin, std::size_t end,
             std::shared_ptr<ScanTally> tally)
      : reader_(std::move(reader)), begin_(begin), end_(end), tally_(std::move(tally)) {}

  const Schema& schema() const override { return reader_->schema(); }
  std::size_t split_count() const override { return end_ - begin_; }
  bool reads_by_column() const override { return reader_->reads_by_column(); }
  std::unique_ptr<SplitStream> open_split(std::size_t split_index, const ScanRequest& request) const override {
    HEADRACE_CHECK(begin_ + split_index < end_);
    return std::make_unique<TalliedSplit>(reader_->open_split(begin_ + split_index, request), split_index, tally_);
  }
  const std::vector<FileInfo>& files() const override { return reader_->files(); }
  std::vector<FileRange> ranges_of(std::size_t split_index, const std::vector<std::string>& columns) const override {
    return reader_->ranges_of(begin_ + split_index, columns);
  }
  std::optional<std::int64_t> row_count() const override { return std::nullopt; }
  std::optional<std::int64_t> split_row_count(std::size_t split_index) const override {
    return reader_->split_row_count(begin_ + split_index);
  }

 private:
  std::shared_ptr<const SourceReader> reader_;
  std::size_t begin_;
  std::size_t end_;
  std::shared_ptr<ScanTally> tally_;
};

}  // namespace

void ScanTally::add(std::size_t split_index, const ScanCounts& counts, const std::vector<BadRow>& bad_rows) {
  std::lock_guard lock(mutex_);
  counts_.add(counts);
  bad_rows_.at(split_index) = bad_rows;
}

ScanCounts ScanTally::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

std::vector<BadRow> ScanTally::bad_rows() const {
  std::lock_guard lock(mutex_);
  std::vector<BadRow> all;
  for (const std::vector<BadRow>& rows : bad_rows_) all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

std::unique_ptr<SourceReader> split_range(std::shared_ptr<const SourceReader> reader, std::size_t begin,
                                          std::size_t end, std::shared_ptr<ScanTally> tally) {
  HEADRACE_CHECK(begin <= end && end <= reader->split_count());
  return std::make_unique<SplitRange>(std::move(reader), begin, end, std::move(tally));
}

}  // namespace headrace
