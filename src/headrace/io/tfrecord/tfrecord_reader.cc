// Reads TFRecord files, a split a file. See tfrecord.h.
#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/declared_cast.h"
#include "headrace/io/reduced_split.h"
#include "headrace/io/row_gate.h"
#include "headrace/io/tfrecord/example_decoder.h"
#include "headrace/io/tfrecord/example_encoder.h"
#include "headrace/io/tfrecord/feature_lists_decoder.h"
#include "headrace/io/tfrecord/record_index.h"
#include "headrace/io/tfrecord/record_window.h"
#include "headrace/io/tfrecord/schema_inference.h"
#include "headrace/io/tfrecord/tfrecord.h"

namespace headrace {
namespace {

/// The type that features are decoded as for a column declared as `type`; the gate does the rest.
Type decoded_type(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kInt8:
    case TypeKind::kInt16:
    case TypeKind::kInt32: return TypeKind::kInt64;
    case TypeKind::kFloat64: return TypeKind::kFloat32;
    case TypeKind::kString: return TypeKind::kBinary;
    case TypeKind::kList:
    case TypeKind::kFixedSizeList: return Type::list(decoded_type(type.element()));
    default: return type;
  }
}

/// The part of a file that is read by one worker.
struct RecordSplit {
  std::size_t file;
  std::optional<ByteRange> range;  // empty: the file
  std::int64_t first_record = 0;
  std::optional<std::int64_t> record_count = {};  // where an index tells
};

/// The columns that one of the decoders makes, and their numbers in the plan.
struct DecodedColumns {
  std::vector<Field> fields;
  std::vector<std::size_t> numbers;

  DecodedColumns(const ReadPlan& plan, bool are_lists_of_lists) {
    for (std::size_t i = 0; i < plan.columns.size(); ++i) {
      const GateColumn& column = plan.columns[i];
      if ((feature_list_kind(column.file_type) != FeatureKind::kNone) != are_lists_of_lists) continue;
      fields.push_back({column.field.name, column.file_type});
      numbers.push_back(i);
    }
  }
};

class TfrecordStream final : public SplitStream {
 public:
  TfrecordStream(const FileInfo& file, const RecordSplit& split, ReadPlan plan, const std::vector<ColumnRule>& rules,
                 OnError on_error, const SourceContext& context)
      : memory_(context.memory),
        window_(context.fs->open(file.path), *memory_, split.range, split.first_record),
        flat_(plan, false),
        nested_(plan, true),
        decoder_(flat_.fields, flat_.numbers, *memory_),
        lists_decoder_(nested_.fields, nested_.numbers, *memory_),
        fails_(on_error == OnError::kFail),
        is_counted_only_(plan.columns.empty() && fails_),
        gate_(std::move(plan.columns), plan.delivered_count, rules, on_error, file.path, *memory_) {}

  bool next(Batch& batch) override {
    while (true) {
      std::span<const std::string_view> records = window_.next(static_cast<std::size_t>(kBatchRowsMax));
      gate_.counts().bytes_read = window_.bytes_read();
      if (records.empty()) return false;
      std::vector<RowProblem> problems = decode(records);
      std::vector<Column> columns = finish(problems);
      batch =
          gate_.pass(columns, static_cast<std::int64_t>(records.size()), window_.first_record(), std::move(problems));
      if (batch.row_count > 0) return true;
    }
  }
  const ScanCounts& counts() const override { return gate_.counts(); }
  std::vector<BadRow>& bad_rows() override { return gate_.bad_rows(); }

 private:
  /// Checks and decodes, block by block, so that what was checked is still in the cache.
  std::vector<RowProblem> decode(std::span<const std::string_view> records) {
    std::vector<RowProblem> problems;
    std::vector<std::string_view> intact;  // the block, damaged records left empty
    decoder_.start(records.size());
    lists_decoder_.start();
    for (std::size_t start = 0; start < records.size(); start += ExampleDecoder::kBlockRows) {
      std::span<const std::string_view> block =
          records.subspan(start, std::min(ExampleDecoder::kBlockRows, records.size() - start));
      for (std::size_t i = 0; i < block.size(); ++i) {
        if (window_.is_intact(start + i)) continue;
        if (fails_) window_.check(start + i);
        problems.push_back(
            {static_cast<std::int64_t>(start + i), RowProblem::kWholeRow, "checksum", window_.damage(start + i), {}});
        if (intact.empty()) intact.assign(block.begin(), block.end());
        intact[i] = {};
      }
      if (!intact.empty()) block = intact;
      if (!is_counted_only_) {
        decoder_.decode(block);
        lists_decoder_.decode(block, problems);
      }
      intact.clear();
    }
    return problems;
  }

  /// The columns in the order of the plan.
  std::vector<Column> finish(std::vector<RowProblem>& problems) {
    std::vector<Column> columns = decoder_.finish();
    problems.insert(problems.end(), std::make_move_iterator(decoder_.problems().begin()),
                    std::make_move_iterator(decoder_.problems().end()));
    if (lists_decoder_.empty()) return columns;
    std::vector<Column> nested = lists_decoder_.finish();
    for (std::size_t i = 0; i < nested.size(); ++i) {
      columns.insert(columns.begin() + static_cast<std::ptrdiff_t>(nested_.numbers[i]), std::move(nested[i]));
    }
    return columns;
  }

  std::shared_ptr<MemoryBudget> memory_;
  RecordWindow window_;
  DecodedColumns flat_;
  DecodedColumns nested_;
  ExampleDecoder decoder_;
  FeatureListsDecoder lists_decoder_;
  bool fails_;
  bool is_counted_only_;
  RowGate gate_;
};

class TfrecordSource final : public SourceReader {
 public:
  TfrecordSource(const SourceSpec& spec, std::vector<FileInfo> files, const SourceContext& context)
      : spec_(spec), files_(std::move(files)), context_(context) {
    schema_ = Schema(spec_.declared.empty() ? infer_tfrecord_schema(files_, context_) : spec_.declared);
    for (const Field& field : schema_) {
      Type type = decoded_type(field.type);
      if (feature_kind(type) == FeatureKind::kNone && feature_list_kind(type) == FeatureKind::kNone) {
        throw Error(
            ErrorCode::kInvalidPipeline,
            fmt::format("column '{}' cannot be {}: a TFRecord file holds int64, float32 and bytes, and lists of them",
                        field.name, field.type.to_string()),
            "declare one of these types and cast it in a step");
      }
      file_types_.push_back(type);
    }
    rules_ = rules_with_nullability(Schema(spec_.declared), spec_.rules);
    static_cast<void>(RuleCheck(schema_, rules_));  // Throws when a rule does not go with its column.
    plan_splits();
  }

  const Schema& schema() const override { return schema_; }
  std::size_t split_count() const override { return splits_.size(); }
  const std::vector<FileInfo>& files() const override { return files_; }
  std::optional<std::int64_t> row_count() const override { return row_count_; }
  std::optional<std::int64_t> split_row_count(std::size_t split_index) const override {
    return splits_.at(split_index).record_count;
  }

  std::unique_ptr<SplitStream> open_split(std::size_t split_index, const ScanRequest& request) const override {
    if (!request.reductions.empty()) return open_reduced(*this, split_index, request, context_.memory);
    // Any feature may have another kind or number of values than its column.
    ReadPlan plan = plan_read(schema_, file_types_, spec_, rules_, request, /*any_value_may_be_bad=*/true);
    const RecordSplit& split = splits_.at(split_index);
    return std::make_unique<TfrecordStream>(files_.at(split.file), split, std::move(plan), rules_, spec_.on_error,
                                            context_);
  }

 private:
  /// A split a file, or several where an index says where records begin.
  void plan_splits() {
    row_count_ = 0;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      std::optional<RecordIndex> index = read_record_index(*context_.fs, files_[i]);
      if (!index) {
        row_count_.reset();
        splits_.push_back({i, std::nullopt});
        continue;
      }
      if (row_count_) *row_count_ += index->record_count;
      for (std::size_t entry = 0; entry < index->offsets.size();) {
        std::size_t next = entry + 1;
        auto offset = [&](std::size_t at) {
          return at < index->offsets.size() ? index->offsets[at] : index->file_bytes;
        };
        while (next < index->offsets.size() && offset(next + 1) - offset(entry) <= context_.split_bytes) ++next;
        std::int64_t first_record = static_cast<std::int64_t>(entry) * index->stride;
        std::int64_t record_end = std::min(static_cast<std::int64_t>(next) * index->stride, index->record_count);
        splits_.push_back({i, ByteRange{offset(entry), offset(next)}, first_record, record_end - first_record});
        entry = next;
      }
    }
  }

  SourceSpec spec_;
  std::vector<FileInfo> files_;
  SourceContext context_;
  Schema schema_;
  std::vector<Type> file_types_;
  std::vector<ColumnRule> rules_;
  std::vector<RecordSplit> splits_;
  std::optional<std::int64_t> row_count_;
};

}  // namespace

std::unique_ptr<SourceReader> open_tfrecord(const SourceSpec& spec, std::vector<FileInfo> files,
                                            const SourceContext& context) {
  return std::make_unique<TfrecordSource>(spec, std::move(files), context);
}

}  // namespace headrace
