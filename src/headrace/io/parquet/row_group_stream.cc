// See row_group_stream.h.
//
// A column whose first pages turn out to be of a kind that only Arrow knows goes to Arrow: nothing has been delivered
// then, so the row group is simply opened again. Later in the row group such a page is an error.
#include "headrace/io/parquet/row_group_stream.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/column/column_builder.h"
#include "headrace/column/value.h"
#include "headrace/io/excerpt.h"
#include "headrace/io/parquet/arrow_columns.h"
#include "headrace/io/parquet/page/column_pages.h"
#include "headrace/io/parquet/page/page_error.h"
#include "headrace/io/petastorm/npy_column.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

class RowGroupStream final : public SplitStream {
 public:
  RowGroupStream(const ParquetFile& file, const RowGroupPlace& place, ReadPlan plan,
                 const std::vector<ColumnRule>& rules, OnError on_error, const SourceContext& context,
                 std::shared_ptr<arrow::MemoryPool> pool, std::shared_ptr<ScratchPool> scratch)
      : file_(file),
        place_(place),
        context_(context),
        pool_(std::move(pool)),
        scratch_(std::move(scratch)),
        what_(fmt::format("{}, row group {}", cannot_read(file.info.path), place.index)),
        row_count_(file.metadata->RowGroup(place.index)->num_rows()),
        takes_dictionaries_(plan.takes_dictionaries),
        takes_number_dictionaries_(plan.takes_number_dictionaries),
        columns_(plan.columns),
        gate_(std::move(plan.columns), plan.delivered_count, rules, on_error, file.info.path, *context.memory) {
    open();
  }

  bool next(Batch& batch) override {
    while (rows_read_ < row_count_) {
      problems_.clear();
      std::vector<Column> columns = read_columns();
      gate_.counts().bytes_read = bytes_read();
      if (columns.empty()) break;
      std::int64_t rows = columns.front().length();
      batch = gate_.pass(columns, rows, place_.first_row + rows_read_, std::move(problems_));
      rows_read_ += rows;
      if (batch.row_count > 0) return true;
    }
    check_complete();
    return false;
  }
  const ScanCounts& counts() const override { return gate_.counts(); }
  std::vector<BadRow>& bad_rows() override { return gate_.bad_rows(); }

 private:
  void open() {
    pages_.clear();
    pages_.resize(columns_.size());
    arrow_.reset();
    if (row_count_ == 0) return;
    std::unique_ptr<parquet::RowGroupMetaData> row_group = file_.metadata->RowGroup(place_.index);
    std::vector<GateColumn> others;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const ParquetColumn& column = *file_.find(columns_[i].field.name);
      if (column.page_form && !left_to_arrow_.contains(i)) {
        if (input_ == nullptr) input_ = context_.fs->open(file_.info.path);
        with_column(i, [&] { pages_[i] = open_pages(i, column, *row_group); });
      }
      if (pages_[i] == nullptr) others.push_back(stored(columns_[i]));
    }
    if (others.empty()) return;
    arrow_ = std::make_unique<ArrowColumns>(file_, place_.index, std::move(others), context_, pool_, what_);
  }

  std::unique_ptr<ColumnPages> open_pages(std::size_t index, const ParquetColumn& column,
                                          parquet::RowGroupMetaData& row_group) {
    GateColumn gate_column = stored(columns_[index]);
    TextWish wish;
    wish.as_hashes = gate_.can_come_hashed(index);
    bool takes_codes = column.page_form->leaf == LeafForm::kText ? takes_dictionaries_ : takes_number_dictionaries_;
    wish.as_dictionaries = takes_codes && !column.is_array && gate_.can_come_coded(index);
    if (gate_column.field.type.kind() == TypeKind::kString) {
      wish.on_bad_text = [this, index](std::int64_t row, std::string_view text) { report(index, row, text); };
    }
    return open_column_pages(*column.page_form, gate_column.file_type, *file_.metadata, row_group, column.leaves[0],
                             *input_, wish, *context_.memory, scratch_.get());
  }

  /// The column as it is in the file: arrays are bytes there.
  GateColumn stored(GateColumn column) const {
    if (file_.find(column.field.name)->is_array) column.file_type = TypeKind::kBinary;
    return column;
  }

  Column decode_array(std::size_t index, const Column& bytes) {
    Column plain = flatten(*context_.memory, bytes);
    return decode_arrays(plain, columns_[index].file_type, *context_.memory,
                         [&](std::int64_t row, const char* kind, std::string message) {
                           problems_.push_back({row, index, kind, std::move(message), format_cell(plain, row)});
                         });
  }

  /// A text that is no UTF-8, in a column that comes as its hash; as declared_cast() reports it for others.
  void report(std::size_t index, std::int64_t row, std::string_view text) {
    ColumnBuilder cell(*context_.memory, columns_[index].file_type);
    cell.append_string(text);
    problems_.push_back({row, index, "invalid_encoding", bad_utf8_message(text), format_cell(cell.finish(), 0)});
  }

  /// The next rows of all columns; none at the end.
  std::vector<Column> read_columns() {
    while (true) {
      try {
        return try_read_columns();
      } catch (const UnknownPage& unknown) {
        left_to_arrow_.insert(unknown.column);
        problems_.clear();
        open();
      }
    }
  }

  std::vector<Column> try_read_columns() {
    std::vector<Column> others;
    std::int64_t rows = std::min(kBatchRowsMax, row_count_ - rows_read_);
    if (arrow_ != nullptr) {
      others = arrow_->next();
      if (others.empty()) return {};
      rows = others.front().length();
      if (rows > row_count_ - rows_read_) incomplete_row_group(what_, "rows", rows_read_ + rows, row_count_);
    }
    std::vector<Column> columns;
    std::size_t next_other = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (pages_[i] == nullptr) {
        columns.push_back(std::move(others[next_other++]));
      } else {
        with_column(i, [&] { columns.push_back(pages_[i]->read(rows)); });
      }
      bool is_array = file_.find(columns_[i].field.name)->is_array;
      if (is_array) columns.back() = decode_array(i, columns.back());
    }
    return columns;
  }

  void check_complete() {
    if (arrow_ != nullptr) {
      std::int64_t surplus = 0;
      for (std::vector<Column> rows = arrow_->next(); !rows.empty(); rows = arrow_->next()) surplus += rows[0].length();
      arrow_->check_complete(rows_read_ + surplus);
    }
    if (rows_read_ != row_count_) incomplete_row_group(what_, "rows", rows_read_, row_count_);
    for (std::size_t i = 0; i < pages_.size(); ++i) {
      if (pages_[i] != nullptr) with_column(i, [&] { pages_[i]->check_ended(); });
    }
  }

  /// Thrown within the first batch for a column that Arrow should read.
  struct UnknownPage {
    std::size_t column;
  };

  /// Runs `body` and turns what it throws into an Error that names file and column.
  template <typename Body>
  void with_column(std::size_t index, Body body) {
    try {
      body();
    } catch (const PageUnsupported&) {
      if (rows_read_ == 0) throw UnknownPage{index};
      rethrow_parquet_error(of_column(index));
    } catch (...) {
      rethrow_parquet_error(of_column(index));
    }
  }

  std::string of_column(std::size_t index) const {
    return fmt::format("{}: column '{}'", what_, columns_[index].field.name);
  }

  std::int64_t bytes_read() const {
    std::int64_t bytes = arrow_ == nullptr ? 0 : arrow_->bytes_read();
    for (const std::unique_ptr<ColumnPages>& pages : pages_) bytes += pages == nullptr ? 0 : pages->bytes_read();
    return bytes;
  }

  ParquetFile file_;
  RowGroupPlace place_;
  SourceContext context_;
  std::shared_ptr<arrow::MemoryPool> pool_;
  std::shared_ptr<ScratchPool> scratch_;
  std::string what_;
  std::int64_t row_count_;
  bool takes_dictionaries_;  // of texts
  bool takes_number_dictionaries_;
  std::vector<GateColumn> columns_;
  RowGate gate_;
  std::set<std::size_t> left_to_arrow_;
  std::unique_ptr<InputFile> input_;
  std::vector<std::unique_ptr<ColumnPages>> pages_;  // by column; nullptr: Arrow's
  std::unique_ptr<ArrowColumns> arrow_;              // the other columns, if any
  std::vector<RowProblem> problems_;                 // of the batch at hand
  std::int64_t rows_read_ = 0;
};

}  // namespace

std::unique_ptr<SplitStream> open_row_group(const ParquetFile& file, const RowGroupPlace& place, ReadPlan plan,
                                            const std::vector<ColumnRule>& rules, OnError on_error,
                                            const SourceContext& context, std::shared_ptr<arrow::MemoryPool> pool,
                                            std::shared_ptr<ScratchPool> scratch) {
  return std::make_unique<RowGroupStream>(file, place, std::move(plan), rules, on_error, context, std::move(pool),
                                          std::move(scratch));
}

}  // namespace headrace
