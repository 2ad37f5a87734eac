// For tests: tables in memory as sources, and rows as text.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "headrace/column/column_builder.h"
#include "headrace/column/value.h"
#include "headrace/exec/executor.h"

namespace headrace {

/// Batches as the splits of a source.
class MemoryReader : public SourceReader {
 public:
  MemoryReader(Schema schema, std::vector<Batch> batches) : schema_(std::move(schema)), batches_(std::move(batches)) {}
  const Schema& schema() const override { return schema_; }
  std::size_t split_count() const override { return batches_.size(); }
  const std::vector<FileInfo>& files() const override { return files_; }
  std::optional<std::int64_t> row_count() const override { return std::nullopt; }
  std::unique_ptr<SplitStream> open_split(std::size_t index, const ScanRequest& request) const override {
    return std::make_unique<Stream>(schema_, batches_[index], request);
  }

 private:
  class Stream : public SplitStream {
   public:
    Stream(const Schema& schema, const Batch& batch, const ScanRequest& request) {
      std::vector<Field> fields;
      for (const std::string& name : request.columns) {
        fields.push_back(schema[schema.index_of(name)]);
        rows_.columns.push_back(batch.columns[schema.index_of(name)]);
      }
      rows_.schema = std::make_shared<const Schema>(std::move(fields));
      rows_.row_count = batch.row_count;
    }
    bool next(Batch& batch) override {
      if (rows_.row_count == 0) return false;
      counts_.rows_read = counts_.rows_delivered = rows_.row_count;
      batch = rows_;
      rows_.row_count = 0;
      return true;
    }
    const ScanCounts& counts() const override { return counts_; }
    std::vector<BadRow>& bad_rows() override { return bad_rows_; }

   private:
    Batch rows_;
    ScanCounts counts_;
    std::vector<BadRow> bad_rows_;
  };

  Schema schema_;
  std::vector<Batch> batches_;
  std::vector<FileInfo> files_;
};

/// Rows as text, cells joined by blanks.
inline std::vector<std::string> rows_of(const Table& table) {
  std::vector<std::string> rows;
  for (const Batch& batch : table.batches) {
    for (std::int64_t row = 0; row < batch.row_count; ++row) {
      std::string text;
      for (const Column& column : batch.columns) text += (text.empty() ? "" : " ") + format_cell(column, row);
      rows.push_back(text);
    }
  }
  return rows;
}

/// An int64 column; kNullCell stands for null.
inline constexpr std::int64_t kNullCell = -999;
inline Column int_column(MemoryBudget& memory, const std::vector<std::int64_t>& values) {
  ColumnBuilder builder(memory, TypeKind::kInt64);
  for (std::int64_t value : values) {
    if (value == kNullCell) {
      builder.append_null();
    } else {
      builder.append(value);
    }
  }
  return builder.finish();
}

/// A source of int64 columns, in splits of `split_rows`; cells_of(row) is an array with a cell a column.
template <typename Row, typename CellsOf>
std::unique_ptr<MemoryReader> int_reader(MemoryBudget& memory, const Schema& schema, const std::vector<Row>& rows,
                                         std::size_t split_rows, const CellsOf& cells_of) {
  auto shared = std::make_shared<const Schema>(schema);
  std::vector<Batch> batches;
  for (std::size_t start = 0; start < rows.size(); start += split_rows) {
    std::size_t count = std::min(rows.size() - start, split_rows);
    Batch batch{shared, {}, static_cast<std::int64_t>(count)};
    for (std::size_t column = 0; column < schema.size(); ++column) {
      std::vector<std::int64_t> cells;
      for (std::size_t i = start; i < start + count; ++i) cells.push_back(cells_of(rows[i])[column]);
      batch.columns.push_back(int_column(memory, cells));
    }
    batches.push_back(std::move(batch));
  }
  return std::make_unique<MemoryReader>(schema, std::move(batches));
}

/// The same as the source "t" of a plan.
struct IntSource {
  template <typename Row, typename CellsOf>
  IntSource(const Schema& schema, const std::vector<Row>& rows, std::size_t split_rows, const CellsOf& cells_of)
      : reader(int_reader(*memory, schema, rows, split_rows, cells_of)), readers({{"t", reader.get()}}) {}

  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
  std::unique_ptr<MemoryReader> reader;
  std::map<std::string, const SourceReader*> readers;
};

}  // namespace headrace
