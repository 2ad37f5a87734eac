// Reads Parquet files, row group by row group. See parquet.h.
#include <algorithm>
#include <utility>

#include <arrow/memory_pool.h>
#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/nearest.h"
#include "headrace/column/arrow.h"
#include "headrace/io/declared_cast.h"
#include "headrace/io/parquet/parquet.h"
#include "headrace/io/parquet/parquet_file.h"
#include "headrace/io/parquet/row_group_bounds.h"
#include "headrace/io/parquet/row_group_stream.h"
#include "headrace/io/reduced_split.h"
#include "headrace/io/row_gate.h"

namespace headrace {
namespace {

struct Split {
  std::size_t file_index = 0;
  RowGroupPlace place;
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
        splits_.push_back({i, {group, first_row}});
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
    if (!reads_once(request)) return open_reduced(*this, split_index, request, context_.memory);
    const Split& split = splits_.at(split_index);
    const ParquetFile& file = files_[split.file_index];
    std::unique_ptr<parquet::RowGroupMetaData> row_group = file.metadata->RowGroup(split.place.index);
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
    ReadPlan plan = plan_read(schema_, file_types_[split.file_index], spec_, rules_, request);
    if (plan.columns.empty()) return std::make_unique<CountedSplit>(row_group->num_rows(), /*is_skipped=*/false);
    return open_row_group(file, split.place, std::move(plan), rules_, spec_.on_error, context_, pool_, scratch_);
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
  std::shared_ptr<ScratchPool> scratch_ = std::make_shared<ScratchPool>();
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
