// Reads Arrow IPC files. See arrow_ipc.h.
#include <utility>

#include <arrow/memory_pool.h>

#include "headrace/column/arrow.h"
#include "headrace/io/arrow_ipc/arrow_ipc.h"
#include "headrace/io/arrow_ipc/ipc_file.h"
#include "headrace/io/arrow_ipc/ipc_stream.h"
#include "headrace/io/counted_split.h"
#include "headrace/io/reduced_split.h"

namespace headrace {
namespace {

struct Split {
  std::size_t file_index = 0;
  IpcPlace place;
};

class IpcSource final : public SourceReader {
 public:
  IpcSource(const SourceSpec& spec, std::vector<FileInfo> files, const SourceContext& context)
      : spec_(spec), infos_(std::move(files)), context_(context), pool_(arrow_pool(context.memory)) {
    std::vector<FileColumns> columns;
    for (const FileInfo& info : infos_) {
      files_.push_back(open_ipc_file(info, context_, pool_));
      columns.push_back(files_.back().columns);
    }
    columns_ = settle_columns(spec_, columns);
    for (std::size_t i = 0; i < files_.size(); ++i) add_splits(i);
  }

  const Schema& schema() const override { return columns_.schema; }
  std::size_t split_count() const override { return splits_.size(); }
  bool reads_by_column() const override { return true; }
  const std::vector<FileInfo>& files() const override { return infos_; }
  std::optional<std::int64_t> row_count() const override { return row_count_; }
  std::optional<std::int64_t> split_row_count(std::size_t split_index) const override {
    return splits_.at(split_index).place.row_count;
  }

  std::unique_ptr<SplitStream> open_split(std::size_t split_index, const ScanRequest& request) const override {
    if (!request.reductions.empty()) return open_reduced(*this, split_index, request, context_.memory);
    const Split& split = splits_.at(split_index);
    ReadPlan plan = plan_read(columns_.schema, columns_.file_types[split.file_index], spec_, columns_.rules, request);
    if (plan.columns.empty()) return std::make_unique<CountedSplit>(split.place.row_count, /*is_skipped=*/false);
    return open_ipc_split(files_[split.file_index], split.place, std::move(plan), columns_.rules, spec_.on_error,
                          context_, pool_);
  }

 private:
  void add_splits(std::size_t file_index) {
    const std::vector<IpcBatch>& batches = files_[file_index].batches;
    std::int64_t first_row = 0;
    for (std::size_t first = 0; first < batches.size();) {
      IpcPlace place{first, first, first_row, 0};
      for (std::int64_t bytes = 0; place.end_batch < batches.size() && bytes < context_.split_bytes;
           ++place.end_batch) {
        place.row_count += batches[place.end_batch].row_count;
        bytes += batches[place.end_batch].body_bytes;
      }
      first = place.end_batch;
      first_row += place.row_count;
      splits_.push_back({file_index, place});
    }
    row_count_ += first_row;
  }

  SourceSpec spec_;
  std::vector<FileInfo> infos_;
  SourceContext context_;
  std::shared_ptr<arrow::MemoryPool> pool_;
  std::vector<IpcFile> files_;
  SourceColumns columns_;
  std::vector<Split> splits_;
  std::int64_t row_count_ = 0;
};

}  // namespace

std::unique_ptr<SourceReader> open_arrow_ipc(const SourceSpec& spec, std::vector<FileInfo> files,
                                             const SourceContext& context) {
  return std::make_unique<IpcSource>(spec, std::move(files), context);
}

}  // namespace headrace
