// Columns of a row group, read through Arrow.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "headrace/io/parquet/level_count.h"
#include "headrace/io/parquet/parquet_file.h"
#include "headrace/io/row_gate.h"

namespace arrow {
class RecordBatch;
class RecordBatchReader;
}  // namespace arrow
namespace parquet::arrow {
class FileReader;
}

namespace headrace {

class ArrowColumns {
 public:
  /// `what` opens messages: "cannot read 'a.parquet', row group 0".
  ArrowColumns(const ParquetFile& file, int row_group, std::vector<GateColumn> columns, const SourceContext& context,
               std::shared_ptr<arrow::MemoryPool> pool, std::string what);
  ~ArrowColumns();

  /// The next rows, at most kBatchRowsMax and never none, in the order of the columns given; empty at the end.
  std::vector<Column> next();
  /// Throws Error(kBadData) unless the rows so far, `row_count` of them, are all values that the footer knows of.
  void check_complete(std::int64_t row_count) const;
  std::int64_t bytes_read() const { return input_->bytes_read(); }

 private:
  void open(const ParquetFile& file);
  std::vector<Column> imported(const arrow::RecordBatch& rows);

  std::shared_ptr<parquet::FileMetaData> metadata_;
  int row_group_;
  std::shared_ptr<MemoryBudget> memory_;
  std::shared_ptr<arrow::MemoryPool> pool_;
  std::shared_ptr<ArrowInput> input_;
  std::string what_;
  std::vector<GateColumn> columns_;
  std::vector<std::vector<int>> leaves_;  // by column
  std::vector<LevelCount> level_counts_;  // by column; of nested ones
  std::vector<int> positions_;            // of the columns in Arrow's batches
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::unique_ptr<arrow::RecordBatchReader> batches_;
};

/// Throws Error(kBadData): "…: it holds 3 rows, the footer says 4".
[[noreturn]] void incomplete_row_group(const std::string& what, const std::string& of_what, std::int64_t counted,
                                       std::int64_t declared);

}  // namespace headrace
