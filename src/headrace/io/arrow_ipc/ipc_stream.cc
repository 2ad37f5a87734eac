// See ipc_stream.h.
//
// A record batch is read and validated whole and turned into columns piece by piece, so that what is converted on the
// way is still in the cache when it is used.
#include "headrace/io/arrow_ipc/ipc_stream.h"

#include <algorithm>
#include <utility>

#include <arrow/array.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/column/arrow.h"
#include "headrace/io/arrow_ipc/ipc_batches.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

/// The same array without a promise of UTF-8: texts are checked by the gate, which can tell bad rows from good ones.
std::shared_ptr<arrow::Array> without_text_promise(const arrow::Array& array) {
  std::shared_ptr<arrow::ArrayData> data = array.data()->Copy();
  if (data->type->id() == arrow::Type::STRING) data->type = arrow::binary();
  if (data->type->id() == arrow::Type::LARGE_STRING) data->type = arrow::large_binary();
  if (data->type->id() == arrow::Type::STRING_VIEW) data->type = arrow::binary_view();
  return arrow::MakeArray(data);
}

class IpcStream final : public SplitStream {
 public:
  IpcStream(const IpcFile& file, const IpcPlace& place, ReadPlan plan, const std::vector<ColumnRule>& rules,
            OnError on_error, const SourceContext& context, std::shared_ptr<arrow::MemoryPool> pool)
      : file_(file),
        place_(place),
        memory_(context.memory),
        pool_(std::move(pool)),
        next_batch_(place.first_batch),
        takes_dictionaries_(plan.takes_dictionaries),
        columns_(plan.columns),
        dictionaries_(plan.columns.size()),
        gate_(std::move(plan.columns), plan.delivered_count, rules, on_error, file.info.path, *context.memory),
        batches_(file, fields_of(file, columns_), context, pool_) {}

  bool next(Batch& batch) override {
    while (load()) {
      std::int64_t rows = std::min(kBatchRowsMax, row_count_ - row_);
      std::vector<Column> columns;
      for (std::size_t i = 0; i < columns_.size(); ++i) columns.push_back(column(i, rows));
      gate_.counts().bytes_read = batches_.bytes_read();
      batch = gate_.pass(columns, rows, place_.first_row + rows_read_);
      row_ += rows;
      rows_read_ += rows;
      if (batch.row_count > 0) return true;
    }
    return false;
  }
  const ScanCounts& counts() const override { return gate_.counts(); }
  std::vector<BadRow>& bad_rows() override { return gate_.bad_rows(); }

 private:
  /// A column's values that its codes stand for, as they came last.
  struct Dictionary {
    const arrow::ArrayData* data = nullptr;
    std::shared_ptr<arrow::Array> array;
    std::shared_ptr<const Column> values;
  };

  static std::vector<int> fields_of(const IpcFile& file, const std::vector<GateColumn>& columns) {
    std::vector<int> fields;
    for (const GateColumn& column : columns) {
      fields.push_back(static_cast<int>(file.columns.find(column.field.name) - file.columns.columns.data()));
    }
    return fields;
  }

  /// Sees to it that there are rows at hand; false at the end.
  bool load() {
    while (row_ == row_count_) {
      arrays_.clear();
      if (next_batch_ == place_.end_batch) return false;
      arrays_ = batches_.read(next_batch_);
      row_ = 0;
      row_count_ = file_.batches[next_batch_++].row_count;
      for (std::size_t i = 0; i < columns_.size(); ++i) validate(i);
    }
    return true;
  }

  void validate(std::size_t index) {
    const std::shared_ptr<arrow::Array>& array = arrays_[index];
    if (array->type_id() != arrow::Type::DICTIONARY) {
      check(index, without_text_promise(*array)->ValidateFull());
      return;
    }
    const auto& coded = static_cast<const arrow::DictionaryArray&>(*array);
    check(index, coded.indices()->ValidateFull());
    Dictionary& dictionary = dictionaries_[index];
    if (dictionary.data == coded.dictionary()->data().get()) return;
    check(index, without_text_promise(*coded.dictionary())->ValidateFull());
    dictionary.array = coded.dictionary();
    dictionary.data = dictionary.array->data().get();
    dictionary.values =
        std::make_shared<const Column>(from_arrow(*dictionary.array, columns_[index].field.name, *memory_, pool_));
  }

  void check(std::size_t index, const arrow::Status& status) const {
    if (!status.ok()) batches_.damaged(fmt::format("column '{}': {}", columns_[index].field.name, status.message()));
  }

  /// The next `rows` rows of a column, in the type of the file.
  Column column(std::size_t index, std::int64_t rows) {
    const std::string& name = columns_[index].field.name;
    std::shared_ptr<arrow::Array> array = arrays_[index]->Slice(row_, rows);
    Column column = array->type_id() == arrow::Type::DICTIONARY
                        ? coded(index, static_cast<const arrow::DictionaryArray&>(*array))
                        : from_arrow(*array, name, *memory_, pool_);
    HEADRACE_CHECK(column.type() == columns_[index].file_type);
    return column;
  }

  Column coded(std::size_t index, const arrow::DictionaryArray& array) {
    const std::shared_ptr<const Column>& values = dictionaries_[index].values;
    std::int64_t rows = array.length();
    std::shared_ptr<Buffer> codes = Buffer::allocate(*memory_, static_cast<std::size_t>(rows) * sizeof(std::int32_t));
    std::int32_t* out = codes->mutable_as<std::int32_t>();
    for (std::int64_t row = 0; row < rows; ++row) {
      bool is_null = array.IsNull(row);
      std::int64_t code = is_null ? -1 : array.GetValueIndex(row);
      if (!is_null && (code < 0 || code >= std::min<std::int64_t>(values->length(), INT32_MAX))) {
        batches_.damaged(fmt::format("column '{}': code {} in a dictionary of {} values", columns_[index].field.name,
                                     code, values->length()));
      }
      out[row] = static_cast<std::int32_t>(code);
    }
    Column column = Column::dictionary(rows, std::move(codes), values);
    bool stays_coded = takes_dictionaries_ && column.type().kind() == TypeKind::kString && gate_.can_come_coded(index);
    return stays_coded ? column : flatten(*memory_, column);
  }

  const IpcFile& file_;
  IpcPlace place_;
  std::shared_ptr<MemoryBudget> memory_;
  std::shared_ptr<arrow::MemoryPool> pool_;
  std::size_t next_batch_;
  bool takes_dictionaries_;
  std::vector<GateColumn> columns_;
  std::vector<Dictionary> dictionaries_;
  RowGate gate_;
  IpcBatches batches_;
  std::vector<std::shared_ptr<arrow::Array>> arrays_;  // the columns of the batch at hand
  std::int64_t row_ = 0;                               // of it, the next one
  std::int64_t row_count_ = 0;
  std::int64_t rows_read_ = 0;  // of the split
};

}  // namespace

std::unique_ptr<SplitStream> open_ipc_split(const IpcFile& file, const IpcPlace& place, ReadPlan plan,
                                            const std::vector<ColumnRule>& rules, OnError on_error,
                                            const SourceContext& context, std::shared_ptr<arrow::MemoryPool> pool) {
  return std::make_unique<IpcStream>(file, place, std::move(plan), rules, on_error, context, std::move(pool));
}

}  // namespace headrace
