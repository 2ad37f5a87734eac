// See stream_source.h.
#include "headrace/io/stream_source.h"

#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/check_nulls.h"
#include "headrace/io/reduced_split.h"
#include "headrace/io/sliced_rows.h"

namespace headrace {
namespace {

class StreamSplit final : public SplitStream {
 public:
  StreamSplit(std::unique_ptr<BatchStream> stream, std::shared_ptr<const Schema> schema)
      : stream_(std::move(stream)), schema_(std::move(schema)) {
    const Schema& made = *stream_->schema();
    for (const Field& field : *schema_) {
      std::size_t index = made.index_of(field.name);
      if (made[index].type != field.type) {
        throw Error(ErrorCode::kBadData,
                    fmt::format("the column '{}' was made as {}, and is promised as {}", field.name,
                                made[index].type.to_string(), field.type.to_string()),
                    "make it of the promised type, or promise the type that is made");
      }
      columns_.push_back(index);
    }
  }

  bool next(Batch& batch) override {
    while (!rows_.next(batch, counts_)) {
      Batch made;
      if (!stream_->next(made)) return false;
      Batch wanted{schema_, {}, made.row_count};
      for (std::size_t index : columns_) wanted.columns.push_back(made.columns[index]);
      check_nulls(*schema_, wanted, "the rows that were made are not as promised");
      rows_ = SlicedRows(std::move(wanted));
    }
    return true;
  }
  const ScanCounts& counts() const override { return counts_; }
  std::vector<BadRow>& bad_rows() override { return bad_rows_; }

 private:
  std::unique_ptr<BatchStream> stream_;
  std::shared_ptr<const Schema> schema_;
  std::vector<std::size_t> columns_;
  SlicedRows rows_;
  ScanCounts counts_;
  std::vector<BadRow> bad_rows_;
};

class StreamSource final : public SourceReader {
 public:
  StreamSource(Schema schema, std::function<std::unique_ptr<BatchStream>()> open, std::shared_ptr<MemoryBudget> memory)
      : schema_(std::move(schema)), open_(std::move(open)), memory_(std::move(memory)) {}

  const Schema& schema() const override { return schema_; }
  std::size_t split_count() const override { return 1; }
  const std::vector<FileInfo>& files() const override { return files_; }
  std::optional<std::int64_t> row_count() const override { return std::nullopt; }

  std::unique_ptr<SplitStream> open_split(std::size_t split_index, const ScanRequest& request) const override {
    if (!request.reductions.empty()) return open_reduced(*this, split_index, request, memory_);
    std::vector<Field> fields;
    for (const std::string& name : request.columns) fields.push_back(schema_[schema_.index_of(name)]);
    return std::make_unique<StreamSplit>(open_(), std::make_shared<const Schema>(Schema(std::move(fields))));
  }

 private:
  Schema schema_;
  std::function<std::unique_ptr<BatchStream>()> open_;
  std::shared_ptr<MemoryBudget> memory_;
  std::vector<FileInfo> files_;
};

}  // namespace

std::unique_ptr<SourceReader> stream_source(Schema schema, std::function<std::unique_ptr<BatchStream>()> open,
                                            std::shared_ptr<MemoryBudget> memory) {
  return std::make_unique<StreamSource>(std::move(schema), std::move(open), std::move(memory));
}

}  // namespace headrace
