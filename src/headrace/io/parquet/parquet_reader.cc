// Reads Parquet files, row group by row group. See parquet.h.
#include <algorithm>
#include <utility>

#include <arrow/memory_pool.h>
#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/column/arrow.h"
#include "headrace/io/counted_split.h"
#include "headrace/io/file_columns.h"
#include "headrace/io/parquet/parquet.h"
#include "headrace/io/parquet/parquet_file.h"
#include "headrace/io/parquet/row_group_bounds.h"
#include "headrace/io/parquet/row_group_stream.h"
#include "headrace/io/petastorm/array_columns.h"
#include "headrace/io/reduced_split.h"
#include "headrace/io/row_gate.h"

namespace headrace {
namespace {

struct Split {
  std::size_t file_index = 0;
  RowGroupPlace place;
};

class ParquetSource final : public SourceReader {
 public:
  ParquetSource(const SourceSpec& spec, std::vector<FileInfo> files, const SourceContext& context)
      : spec_(spec), infos_(std::move(files)), context_(context), pool_(arrow_pool(context.memory)) {
    for (const FileInfo& info : infos_) files_.push_back(open_parquet_file(info, context_, pool_));
    find_array_columns(files_, spec_, context_);
    std::vector<FileColumns> columns;
    for (const ParquetFile& file : files_) columns.push_back(file.file_columns());
    columns_ = settle_columns(spec_, columns);
    for (std::size_t i = 0; i < files_.size(); ++i) {
      std::int64_t first_row = 0;
      for (int group = 0; group < files_[i].metadata->num_row_groups(); ++group) {
        splits_.push_back({i, {group, first_row}});
        first_row += files_[i].metadata->RowGroup(group)->num_rows();
      }
      row_count_ += first_row;
    }
  }

  const Schema& schema() const override { return columns_.schema; }
  std::size_t split_count() const override { return splits_.size(); }
  bool reads_by_column() const override { return true; }
  const std::vector<FileInfo>& files() const override { return infos_; }
  std::optional<std::int64_t> row_count() const override { return row_count_; }
  std::optional<std::int64_t> split_row_count(std::size_t split_index) const override {
    const Split& split = splits_.at(split_index);
    return files_[split.file_index].metadata->RowGroup(split.place.index)->num_rows();
  }

  std::vector<FileRange> ranges_of(std::size_t split_index, const std::vector<std::string>& columns) const override {
    const Split& split = splits_.at(split_index);
    const ParquetFile& file = files_[split.file_index];
    std::unique_ptr<parquet::RowGroupMetaData> row_group = file.metadata->RowGroup(split.place.index);
    std::vector<FileRange> ranges;
    for (const std::string& name : columns) {
      const ParquetColumn* column = file.find(name);
      if (column == nullptr) continue;
      for (int leaf : column->leaves) {
        ChunkPlace place = chunk_place_of(*row_group->ColumnChunk(leaf), *file.metadata->schema()->Column(leaf));
        ranges.push_back({file.info.path, place.offset, place.compressed_bytes});
      }
    }
    return ranges;
  }

  std::unique_ptr<SplitStream> open_split(std::size_t split_index, const ScanRequest& request) const override {
    if (!reads_once(request)) return open_reduced(*this, split_index, request, context_.memory);
    const Split& split = splits_.at(split_index);
    const ParquetFile& file = files_[split.file_index];
    std::unique_ptr<parquet::RowGroupMetaData> row_group = file.metadata->RowGroup(split.place.index);
    for (const ScanBound& bound : request.bounds) {
      const Type& type = columns_.schema[columns_.schema.index_of(bound.column)].type;
      bool skips = false;
      if (file.find(bound.column)->is_array) continue;
      try {
        skips = cannot_pass(*row_group, *file.find(bound.column), type, bound, *context_.memory);
      } catch (...) {
        rethrow_parquet_error(cannot_read(file.info.path));
      }
      if (skips) return std::make_unique<CountedSplit>(row_group->num_rows(), /*is_skipped=*/true);
    }
    ReadPlan plan = plan_read(columns_.schema, columns_.file_types[split.file_index], spec_, columns_.rules, request);
    if (plan.columns.empty()) return std::make_unique<CountedSplit>(row_group->num_rows(), /*is_skipped=*/false);
    return open_row_group(file, split.place, std::move(plan), columns_.rules, spec_.on_error, context_, pool_,
                          scratch_);
  }

 private:
  SourceSpec spec_;
  std::vector<FileInfo> infos_;
  SourceContext context_;
  std::shared_ptr<arrow::MemoryPool> pool_;
  std::shared_ptr<ScratchPool> scratch_ = std::make_shared<ScratchPool>();
  std::vector<ParquetFile> files_;
  SourceColumns columns_;
  std::vector<Split> splits_;
  std::int64_t row_count_ = 0;
};

}  // namespace

std::unique_ptr<SourceReader> open_parquet(const SourceSpec& spec, std::vector<FileInfo> files,
                                           const SourceContext& context) {
  return std::make_unique<ParquetSource>(spec, std::move(files), context);
}

}  // namespace headrace
