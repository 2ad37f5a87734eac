// See arrow_columns.h.
#include "headrace/io/parquet/arrow_columns.h"

#include <algorithm>
#include <utility>

#include <arrow/array.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/type.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>

#include "headrace/base/error.h"
#include "headrace/column/arrow.h"

namespace headrace {
namespace {

/// Above this, the chunks of a row group are not loaded whole but in pieces, page by page.
constexpr std::int64_t kLoadedBytesMax = 16 << 20;
constexpr std::int64_t kPieceBytes = 1 << 20;

}  // namespace

ArrowColumns::ArrowColumns(const ParquetFile& file, int row_group, std::vector<GateColumn> columns,
                           const SourceContext& context, std::shared_ptr<arrow::MemoryPool> pool, std::string what)
    : metadata_(file.metadata),
      row_group_(row_group),
      memory_(context.memory),
      pool_(std::move(pool)),
      input_(std::make_shared<ArrowInput>(context.fs->open(file.info.path), pool_)),
      what_(std::move(what)),
      columns_(std::move(columns)) {
  with_arrow(*input_, what_, [&] { open(file); });
}

ArrowColumns::~ArrowColumns() = default;

void ArrowColumns::open(const ParquetFile& file) {
  std::vector<int> leaves;
  std::int64_t compressed_bytes = 0;
  std::unique_ptr<parquet::RowGroupMetaData> row_group = metadata_->RowGroup(row_group_);
  for (const GateColumn& column : columns_) {
    leaves_.push_back(file.find(column.field.name)->leaves);
    for (int leaf : leaves_.back()) {
      leaves.push_back(leaf);
      compressed_bytes += std::max<std::int64_t>(row_group->ColumnChunk(leaf)->total_compressed_size(), 0);
    }
  }
  std::sort(leaves.begin(), leaves.end());
  level_counts_.resize(columns_.size());
  parquet::ReaderProperties properties = parquet_reader_properties(pool_.get());
  if (compressed_bytes > kLoadedBytesMax) {
    properties.enable_buffered_stream();
    properties.set_buffer_size(kPieceBytes);
  }
  auto parquet_reader = parquet::ParquetFileReader::Open(input_, properties, metadata_);
  reader_ = value_or_throw(
      parquet::arrow::FileReader::Make(pool_.get(), std::move(parquet_reader), arrow_reader_properties()));
  batches_ = value_or_throw(reader_->GetRecordBatchReader({row_group_}, leaves));
  for (const GateColumn& column : columns_) {
    positions_.push_back(batches_->schema()->GetFieldIndex(column.field.name));
    if (positions_.back() < 0) throw parquet::ParquetException("column '" + column.field.name + "' is missing");
  }
}

std::vector<Column> ArrowColumns::next() {
  return with_arrow(*input_, what_, [&] {
    std::shared_ptr<arrow::RecordBatch> rows;
    do {
      PARQUET_THROW_NOT_OK(batches_->ReadNext(&rows));
    } while (rows != nullptr && rows->num_rows() == 0);
    return rows == nullptr ? std::vector<Column>() : imported(*rows);
  });
}

/// The columns in the order asked for. What a damaged file left inconsistent ends here.
std::vector<Column> ArrowColumns::imported(const arrow::RecordBatch& rows) {
  std::vector<Column> columns;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string& name = columns_[i].field.name;
    std::shared_ptr<arrow::Array> array = rows.column(positions_[i]);
    if (array->length() != rows.num_rows()) {
      throw parquet::ParquetException("column '" + name + "' ends before the others");
    }
    // Strings are validated by the gate, which can tell the bad rows from the good ones.
    std::shared_ptr<arrow::Array> checked = array;
    if (array->type_id() == arrow::Type::STRING) {
      checked = value_or_throw(array->View(arrow::binary()));
    }
    arrow::Status status = checked->ValidateFull();
    if (!status.ok()) throw parquet::ParquetException("column '" + name + "': " + status.message());
    Column column = from_arrow(*array, name, *memory_, pool_);
    if (columns_[i].file_type.is_timestamp()) column = column.with_type(columns_[i].file_type);
    HEADRACE_CHECK(column.type() == columns_[i].file_type);
    if (column.type().is_nested()) level_counts_[i].add(column);
    columns.push_back(std::move(column));
  }
  return columns;
}

void ArrowColumns::check_complete(std::int64_t row_count) const {
  std::unique_ptr<parquet::RowGroupMetaData> row_group = metadata_->RowGroup(row_group_);
  if (row_count != row_group->num_rows()) incomplete_row_group(what_, "rows", row_count, row_group->num_rows());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!columns_[i].file_type.is_nested()) continue;
    for (std::size_t leaf = 0; leaf < leaves_[i].size(); ++leaf) {
      std::int64_t counted = level_counts_[i].leaf(leaf);
      std::int64_t declared = row_group->ColumnChunk(leaves_[i][leaf])->num_values();
      if (counted != declared) {
        incomplete_row_group(what_, "values of '" + columns_[i].field.name + "'", counted, declared);
      }
    }
  }
}

void incomplete_row_group(const std::string& what, const std::string& of_what, std::int64_t counted,
                          std::int64_t declared) {
  throw Error(ErrorCode::kBadData,
              fmt::format("{}: it holds {} {}, the footer says {}", what, counted, of_what, declared),
              "the file is damaged: write it again");
}

}  // namespace headrace
