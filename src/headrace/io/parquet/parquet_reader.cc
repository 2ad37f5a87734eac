// Reads Parquet files, row group by row group. See parquet.h.
#include <algorithm>
#include <map>
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
#include "headrace/base/nearest.h"
#include "headrace/column/arrow.h"
#include "headrace/io/declared_cast.h"
#include "headrace/io/parquet/level_count.h"
#include "headrace/io/parquet/parquet.h"
#include "headrace/io/parquet/parquet_file.h"
#include "headrace/io/parquet/row_group_bounds.h"
#include "headrace/io/row_gate.h"

namespace headrace {
namespace {

/// Above this, the chunks of a row group are not loaded whole but in pieces, page by page.
constexpr std::int64_t kLoadedBytesMax = 16 << 20;
constexpr std::int64_t kPieceBytes = 1 << 20;

struct Split {
  std::size_t file_index = 0;
  int row_group = 0;
  std::int64_t first_row = 0;  // of the file
};

/// A split of which nothing has to be read: the columns are not asked for, or no row can pass a bound.
class CountedSplit final : public SplitStream {
 public:
  CountedSplit(std::int64_t row_count, bool is_skipped) : left_(is_skipped ? 0 : row_count) {
    counts_.rows_read = row_count;
    counts_.rows_skipped = is_skipped ? row_count : 0;
  }

  bool next(Batch& batch) override {
    if (left_ == 0) return false;
    std::int64_t rows = std::min(left_, kBatchRowsMax);
    left_ -= rows;
    counts_.rows_delivered += rows;
    batch = {schema_, {}, rows};
    return true;
  }
  const ScanCounts& counts() const override { return counts_; }
  std::vector<BadRow>& bad_rows() override { return bad_rows_; }

 private:
  std::shared_ptr<const Schema> schema_ = std::make_shared<const Schema>();
  std::int64_t left_;
  ScanCounts counts_;
  std::vector<BadRow> bad_rows_;
};

/// The rows of one row group.
class RowGroupStream final : public SplitStream {
 public:
  RowGroupStream(const ParquetFile& file, const Split& split, ReadPlan plan, const std::vector<ColumnRule>& rules,
                 OnError on_error, const SourceContext& context, std::shared_ptr<arrow::MemoryPool> pool)
      : metadata_(file.metadata),
        split_(split),
        memory_(context.memory),
        pool_(std::move(pool)),
        input_(std::make_shared<ArrowInput>(context.fs->open(file.info.path), pool_)),
        what_(fmt::format("{}, row group {}", cannot_read(file.info.path), split.row_group)),
        columns_(plan.columns),
        gate_(std::move(plan.columns), plan.delivered_count, rules, on_error, file.info.path, *memory_) {
    with_arrow(*input_, what_, [&] { open(file); });
  }

  bool next(Batch& batch) override {
    while (true) {
      std::shared_ptr<arrow::RecordBatch> rows;
      with_arrow(*input_, what_, [&] { PARQUET_THROW_NOT_OK(batches_->ReadNext(&rows)); });
      gate_.counts().bytes_read = input_->bytes_read();
      if (rows == nullptr) {
        check_complete();
        return false;
      }
      if (rows->num_rows() == 0) continue;
      std::vector<Column> columns = with_arrow(*input_, what_, [&] { return imported(*rows); });
      batch = gate_.pass(columns, rows->num_rows(), split_.first_row + row_count_);
      row_count_ += rows->num_rows();
      if (batch.row_count > 0) return true;
    }
  }
  const ScanCounts& counts() const override { return gate_.counts(); }
  std::vector<BadRow>& bad_rows() override { return gate_.bad_rows(); }

 private:
  void open(const ParquetFile& file) {
    std::vector<int> leaves;
    std::int64_t compressed_bytes = 0;
    std::unique_ptr<parquet::RowGroupMetaData> row_group = metadata_->RowGroup(split_.row_group);
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
    batches_ = value_or_throw(reader_->GetRecordBatchReader({split_.row_group}, leaves));
    for (const GateColumn& column : columns_) {
      positions_.push_back(batches_->schema()->GetFieldIndex(column.field.name));
      if (positions_.back() < 0) throw parquet::ParquetException("column '" + column.field.name + "' is missing");
    }
  }

  /// The columns in the order of the gate. What a damaged file left inconsistent ends here.
  std::vector<Column> imported(const arrow::RecordBatch& rows) {
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

  void check_complete() const {
    std::unique_ptr<parquet::RowGroupMetaData> row_group = metadata_->RowGroup(split_.row_group);
    if (row_count_ != row_group->num_rows()) incomplete("rows", row_count_, row_group->num_rows());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!columns_[i].file_type.is_nested()) continue;
      for (std::size_t leaf = 0; leaf < leaves_[i].size(); ++leaf) {
        std::int64_t counted = level_counts_[i].leaf(leaf);
        std::int64_t declared = row_group->ColumnChunk(leaves_[i][leaf])->num_values();
        if (counted != declared) incomplete("values of '" + columns_[i].field.name + "'", counted, declared);
      }
    }
  }

  [[noreturn]] void incomplete(const std::string& of_what, std::int64_t counted, std::int64_t declared) const {
    throw Error(ErrorCode::kBadData,
                fmt::format("{}: it holds {} {}, the footer says {}", what_, counted, of_what, declared),
                "the file is damaged: write it again");
  }

  std::shared_ptr<parquet::FileMetaData> metadata_;
  Split split_;
  std::shared_ptr<MemoryBudget> memory_;
  std::shared_ptr<arrow::MemoryPool> pool_;
  std::shared_ptr<ArrowInput> input_;
  std::string what_;
  std::vector<GateColumn> columns_;
  std::vector<std::vector<int>> leaves_;  // by column
  std::vector<LevelCount> level_counts_;  // by column; of nested ones
  std::vector<int> positions_;            // of the gate's columns in Arrow's batches
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::unique_ptr<arrow::RecordBatchReader> batches_;
  RowGate gate_;
  std::int64_t row_count_ = 0;
};

class ParquetSource final : public SourceReader {
 public:
  ParquetSource(const SourceSpec& spec, std::vector<FileInfo> files, const SourceContext& context)
      : spec_(spec), infos_(std::move(files)), context_(context), pool_(arrow_pool(context.memory)) {
    for (const FileInfo& info : infos_) files_.push_back(open_parquet_file(info, context_, pool_));
    schema_ = Schema(spec_.declared.empty() ? fields_of(files_.front()) : spec_.declared);
    for (const ParquetFile& file : files_) file_types_.push_back(checked_types(file));
    rules_ = needed_rules();
    static_cast<void>(RuleCheck(schema_, spec_.rules));  // Throws when a rule does not go with its column.
    for (std::size_t i = 0; i < files_.size(); ++i) {
      std::int64_t first_row = 0;
      for (int group = 0; group < files_[i].metadata->num_row_groups(); ++group) {
        splits_.push_back({i, group, first_row});
        first_row += files_[i].metadata->RowGroup(group)->num_rows();
      }
      row_count_ += first_row;
    }
  }

  const Schema& schema() const override { return schema_; }
  std::size_t split_count() const override { return splits_.size(); }
  bool reads_by_column() const override { return true; }
  const std::vector<FileInfo>& files() const override { return infos_; }
  std::optional<std::int64_t> row_count() const override { return row_count_; }

  std::unique_ptr<SplitStream> open_split(std::size_t split_index, const ScanRequest& request) const override {
    const Split& split = splits_.at(split_index);
    const ParquetFile& file = files_[split.file_index];
    std::unique_ptr<parquet::RowGroupMetaData> row_group = file.metadata->RowGroup(split.row_group);
    for (const ScanBound& bound : request.bounds) {
      const Type& type = schema_[schema_.index_of(bound.column)].type;
      bool skips = false;
      try {
        skips = cannot_pass(*row_group, *file.find(bound.column), type, bound, *context_.memory);
      } catch (...) {
        rethrow_parquet_error(cannot_read(file.info.path));
      }
      if (skips) return std::make_unique<CountedSplit>(row_group->num_rows(), /*is_skipped=*/true);
    }
    ReadPlan plan = plan_read(schema_, file_types_[split.file_index], spec_, rules_, request.columns);
    if (plan.columns.empty()) return std::make_unique<CountedSplit>(row_group->num_rows(), /*is_skipped=*/false);
    return std::make_unique<RowGroupStream>(file, split, std::move(plan), rules_, spec_.on_error, context_, pool_);
  }

 private:
  static std::vector<Field> fields_of(const ParquetFile& file) {
    std::vector<Field> fields;
    for (const ParquetColumn& column : file.columns) {
      if (!column.type || column.type->kind() == TypeKind::kNull) {
        throw Error(ErrorCode::kUnsupported,
                    fmt::format("{}: column '{}' has a type that is not read: {}", cannot_read(file.info.path),
                                column.name, column.type_text),
                    "declare the columns to read in the source's schema, without this one");
      }
      fields.push_back({column.name, *column.type, column.nullable});
    }
    return fields;
  }

  /// The file's types of the schema's columns, or an Error when the file does not go with the schema.
  std::vector<Type> checked_types(const ParquetFile& file) const {
    std::vector<Type> types;
    for (const Field& field : schema_) {
      const ParquetColumn* column = file.find(field.name);
      if (column == nullptr) missing(file, field.name);
      bool fits =
          column->type && (spec_.declared.empty() ? *column->type == field.type
                                                  : declared_cast_fit(*column->type, field.type) != CastFit::kNever);
      if (!fits) mismatched(file, *column, field);
      types.push_back(*column->type);
    }
    if (spec_.declared.empty() && file.columns.size() > schema_.size()) {
      for (const ParquetColumn& column : file.columns) {
        if (!schema_.find(column.name)) surplus(file, column.name);
      }
    }
    return types;
  }

  [[noreturn]] void missing(const ParquetFile& file, const std::string& name) const {
    std::vector<std::string> names;
    for (const ParquetColumn& column : file.columns) names.push_back(column.name);
    if (spec_.declared.empty()) {
      throw Error(ErrorCode::kBadData,
                  fmt::format("the files of one source differ: '{}' has no column '{}', '{}' has", file.info.path, name,
                              infos_.front().path),
                  "declare the columns that all files share in the source's schema");
    }
    throw Error(ErrorCode::kInvalidPipeline, fmt::format("'{}' has no column '{}'", file.info.path, name),
                name_hint(name, names, "columns"));
  }

  [[noreturn]] void surplus(const ParquetFile& file, const std::string& name) const {
    throw Error(ErrorCode::kBadData,
                fmt::format("the files of one source differ: '{}' has a column '{}', '{}' has not", file.info.path,
                            name, infos_.front().path),
                "declare the columns that all files share in the source's schema");
  }

  [[noreturn]] void mismatched(const ParquetFile& file, const ParquetColumn& column, const Field& field) const {
    std::string type = column.type ? column.type->to_string() : column.type_text;
    if (spec_.declared.empty()) {
      throw Error(ErrorCode::kBadData,
                  fmt::format("the files of one source differ: column '{}' is {} in '{}', {} in '{}'", field.name, type,
                              file.info.path, field.type.to_string(), infos_.front().path),
                  "declare a type for the column that holds both");
    }
    throw Error(ErrorCode::kInvalidPipeline,
                fmt::format("column '{}' of '{}' is {}, which cannot be read as {}", field.name, file.info.path, type,
                            field.type.to_string()),
                column.type ? fmt::format("declare it as {} and cast it in a step", type) : "leave the column out");
  }

  /// The rules less those that the files keep anyway: a column that cannot hold nulls has none.
  std::vector<ColumnRule> needed_rules() const {
    std::vector<ColumnRule> rules = rules_with_nullability(Schema(spec_.declared), spec_.rules);
    std::erase_if(rules, [&](const ColumnRule& rule) {
      bool only_null = !rule.min && !rule.max && rule.allowed.empty();
      bool never_null = std::all_of(files_.begin(), files_.end(), [&](const ParquetFile& file) {
        const ParquetColumn* column = file.find(rule.column);
        return column != nullptr && !column->nullable;
      });
      return only_null && (rule.nullable || never_null);
    });
    return rules;
  }

  SourceSpec spec_;
  std::vector<FileInfo> infos_;
  SourceContext context_;
  std::shared_ptr<arrow::MemoryPool> pool_;
  std::vector<ParquetFile> files_;
  Schema schema_;
  std::vector<std::vector<Type>> file_types_;  // by file, then column of schema_
  std::vector<ColumnRule> rules_;
  std::vector<Split> splits_;
  std::int64_t row_count_ = 0;
};

}  // namespace

std::unique_ptr<SourceReader> open_parquet(const SourceSpec& spec, std::vector<FileInfo> files,
                                           const SourceContext& context) {
  return std::make_unique<ParquetSource>(spec, std::move(files), context);
}

}  // namespace headrace
