// See memory_source.h.
#include "headrace/io/memory_source.h"

#include <algorithm>
#include <utility>

#include "headrace/io/reduced_split.h"
#include "headrace/io/sliced_rows.h"

namespace headrace {
namespace {

/// Rows of one of the batches: what one worker takes at a time.
constexpr std::int64_t kSplitRows = 8 * kBatchRowsMax;

struct RowsInBatch {
  std::size_t batch = 0;
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

class MemorySplit final : public SplitStream {
 public:
  explicit MemorySplit(Batch rows) : rows_(std::move(rows)) {}

  bool next(Batch& batch) override { return rows_.next(batch, counts_); }
  const ScanCounts& counts() const override { return counts_; }
  std::vector<BadRow>& bad_rows() override { return bad_rows_; }

 private:
  SlicedRows rows_;
  ScanCounts counts_;
  std::vector<BadRow> bad_rows_;
};

class MemorySource final : public SourceReader {
 public:
  MemorySource(std::shared_ptr<const Schema> schema, std::vector<Batch> batches, std::shared_ptr<MemoryBudget> memory)
      : schema_(std::move(schema)), batches_(std::move(batches)), memory_(std::move(memory)) {
    for (std::size_t i = 0; i < batches_.size(); ++i) {
      std::int64_t rows = batches_[i].row_count;
      row_count_ += rows;
      for (std::int64_t begin = 0; begin < rows; begin += kSplitRows) {
        splits_.push_back({i, begin, std::min(begin + kSplitRows, rows)});
      }
    }
  }

  const Schema& schema() const override { return *schema_; }
  std::size_t split_count() const override { return splits_.size(); }
  bool reads_by_column() const override { return true; }
  const std::vector<FileInfo>& files() const override { return files_; }
  std::optional<std::int64_t> row_count() const override { return row_count_; }
  std::optional<std::int64_t> split_row_count(std::size_t split_index) const override {
    return splits_.at(split_index).end - splits_[split_index].begin;
  }

  std::unique_ptr<SplitStream> open_split(std::size_t split_index, const ScanRequest& request) const override {
    if (!request.reductions.empty()) return open_reduced(*this, split_index, request, memory_);
    const RowsInBatch& place = splits_[split_index];
    std::int64_t row_count = place.end - place.begin;
    std::vector<Field> fields;
    std::vector<Column> columns;
    for (const std::string& name : request.columns) {
      std::size_t index = schema_->index_of(name);
      columns.push_back(batches_[place.batch].columns[index].slice(place.begin, row_count));
      fields.push_back((*schema_)[index]);
    }
    auto schema = std::make_shared<const Schema>(Schema(std::move(fields)));
    return std::make_unique<MemorySplit>(Batch{std::move(schema), std::move(columns), row_count});
  }

 private:
  std::shared_ptr<const Schema> schema_;
  std::vector<Batch> batches_;
  std::shared_ptr<MemoryBudget> memory_;
  std::vector<RowsInBatch> splits_;
  std::vector<FileInfo> files_;
  std::int64_t row_count_ = 0;
};

}  // namespace

std::unique_ptr<SourceReader> memory_source(std::shared_ptr<const Schema> schema, std::vector<Batch> batches,
                                            std::shared_ptr<MemoryBudget> memory) {
  return std::make_unique<MemorySource>(std::move(schema), std::move(batches), std::move(memory));
}

}  // namespace headrace
