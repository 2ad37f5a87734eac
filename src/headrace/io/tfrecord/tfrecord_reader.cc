// Reads TFRecord files, a split a file. See tfrecord.h.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/declared_cast.h"
#include "headrace/io/reduced_split.h"
#include "headrace/io/row_gate.h"
#include "headrace/io/tfrecord/example_decoder.h"
#include "headrace/io/tfrecord/example_encoder.h"
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

class TfrecordStream final : public SplitStream {
 public:
  TfrecordStream(const FileInfo& file, ReadPlan plan, const std::vector<ColumnRule>& rules, OnError on_error,
                 const SourceContext& context)
      : memory_(context.memory),
        window_(context.fs->open(file.path), *memory_),
        decoder_(fields_of(plan), *memory_),
        is_counted_only_(plan.columns.empty() && on_error == OnError::kFail),
        gate_(std::move(plan.columns), plan.delivered_count, rules, on_error, file.path, *memory_) {}

  bool next(Batch& batch) override {
    while (true) {
      std::span<const std::string_view> records = window_.next(static_cast<std::size_t>(kBatchRowsMax));
      gate_.counts().bytes_read = window_.bytes_read();
      if (records.empty()) return false;
      decoder_.start(records.size());
      for (std::size_t start = 0; start < records.size(); start += ExampleDecoder::kBlockRows) {
        std::size_t count = std::min(ExampleDecoder::kBlockRows, records.size() - start);
        for (std::size_t i = start; i < start + count; ++i) window_.check(i);
        if (!is_counted_only_) decoder_.decode(records.subspan(start, count));
      }
      std::vector<Column> columns = decoder_.finish();
      batch = gate_.pass(columns, static_cast<std::int64_t>(records.size()), window_.first_record(),
                         std::move(decoder_.problems()));
      if (batch.row_count > 0) return true;
    }
  }
  const ScanCounts& counts() const override { return gate_.counts(); }
  std::vector<BadRow>& bad_rows() override { return gate_.bad_rows(); }

 private:
  static std::vector<Field> fields_of(const ReadPlan& plan) {
    std::vector<Field> fields;
    for (const GateColumn& column : plan.columns) fields.push_back({column.field.name, column.file_type});
    return fields;
  }

  std::shared_ptr<MemoryBudget> memory_;
  RecordWindow window_;
  ExampleDecoder decoder_;
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
      if (feature_kind(type) == FeatureKind::kNone) {
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
  }

  const Schema& schema() const override { return schema_; }
  std::size_t split_count() const override { return files_.size(); }
  const std::vector<FileInfo>& files() const override { return files_; }
  std::optional<std::int64_t> row_count() const override { return std::nullopt; }

  std::unique_ptr<SplitStream> open_split(std::size_t split_index, const ScanRequest& request) const override {
    if (!request.reductions.empty()) return open_reduced(*this, split_index, request, context_.memory);
    ReadPlan plan = plan_read(schema_, file_types_, spec_, rules_, request);
    // Any feature may have another kind or number of values than its column.
    bool checks_all = !spec_.declared.empty() && spec_.on_error != OnError::kFail;
    for (std::size_t i = 0; checks_all && i < schema_.size(); ++i) {
      bool taken =
          std::any_of(plan.columns.begin(), plan.columns.end(), [&](const GateColumn& c) { return c.ordinal == i; });
      if (!taken) plan.columns.push_back({schema_[i], file_types_[i], i, {}});
    }
    return std::make_unique<TfrecordStream>(files_.at(split_index), std::move(plan), rules_, spec_.on_error, context_);
  }

 private:
  SourceSpec spec_;
  std::vector<FileInfo> files_;
  SourceContext context_;
  Schema schema_;
  std::vector<Type> file_types_;
  std::vector<ColumnRule> rules_;
};

}  // namespace

std::unique_ptr<SourceReader> open_tfrecord(const SourceSpec& spec, std::vector<FileInfo> files,
                                            const SourceContext& context) {
  return std::make_unique<TfrecordSource>(spec, std::move(files), context);
}

}  // namespace headrace
