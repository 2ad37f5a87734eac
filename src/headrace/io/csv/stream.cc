// The rows of one CSV split as batches, and what happens to bad ones.
//
// A batch is read in blocks of rows that stay in the cache: tokenized first, then parsed column by column. Every column
// of the schema is parsed, requested or not, so that a row is bad for every plan or for none; what is neither requested
// nor bound by a rule is checked and forgotten. Faults of a batch are collected as they are met, ordered as the rows
// are, and only then judged by the source's on_error.
//
// One row has at most one fault: a broken structure, else the bad value furthest left in the file. Under on_error: null
// every bad value counts and becomes null; a row goes when its structure is broken, or when its column must not be
// null.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/csv/reader.h"
#include "headrace/io/text/fault_log.h"

namespace headrace {
namespace {

constexpr std::uint32_t kNone = RowFault::kNone;

std::string_view kind_name(BrokenRow::Kind kind) {
  switch (kind) {
    case BrokenRow::Kind::kMissingColumns: return "missing_columns";
    case BrokenRow::Kind::kTooManyColumns: return "too_many_columns";
    case BrokenRow::Kind::kUnquotedValue: return "unquoted_value";
    case BrokenRow::Kind::kLineTooLong: return "line_too_long";
  }
  return "";
}

std::string describe(const BrokenRow& row, std::size_t column_count) {
  switch (row.kind) {
    case BrokenRow::Kind::kMissingColumns:
    case BrokenRow::Kind::kTooManyColumns:
      return fmt::format("the row has {} {}, the file has {} columns", row.value_count,
                         row.value_count == 1 ? "value" : "values", column_count);
    case BrokenRow::Kind::kUnquotedValue: return "a quoted value is not closed, or goes on behind its closing quote";
    case BrokenRow::Kind::kLineTooLong: return "the row is longer than 16 MiB";
  }
  return "";
}

class CsvStream : public SplitStream {
 public:
  CsvStream(const CsvTable& table, const FileInfo& info, const CsvFile& file, SplitText text,
            const ScanRequest& request, MemoryBudget& memory)
      : table_(table),
        file_(file),
        split_(std::move(text)),
        tokenizer_(split_.text, file.column_count, table.dialect, memory),
        fault_log_(table.spec, table.schema, table.is_inferred, info, table.dialect, split_, memory) {
    counts_.bytes_read = split_.row_bytes;
    is_kept_.resize(table.schema.size());
    is_nullable_.resize(table.schema.size());
    std::vector<Field> fields;
    for (const std::string& name : request.columns) {
      std::size_t column = table.index_of(name);
      requested_.push_back(column);
      fields.push_back(table.schema[column]);
      is_kept_[column] = true;
    }
    schema_ = std::make_shared<const Schema>(std::move(fields));
    for (const ColumnRule& rule : table.rules) is_kept_[table.index_of(rule.column)] = true;
    for (std::size_t column = 0; column < table.schema.size(); ++column) {
      is_nullable_[column] = table.schema[column].nullable;
      parsers_.emplace_back(table.schema[column].type, file.file_columns[column], is_kept_[column], table.nulls,
                            table.dialect, memory);
      parse_order_.push_back(column);
    }
    auto further_left = [&](std::size_t a, std::size_t b) { return file.file_columns[a] < file.file_columns[b]; };
    std::sort(parse_order_.begin(), parse_order_.end(), further_left);
  }

  bool next(Batch& batch) override {
    while (!tokenizer_.at_end()) {
      read_batch();
      check_rules();
      judge();
      if (row_count_ == 0) continue;
      batch.schema = schema_;
      batch.row_count = static_cast<std::int64_t>(row_count_);
      batch.columns.clear();
      for (std::size_t column : requested_) batch.columns.push_back(parsers_[column].view(row_count_));
      return true;
    }
    return false;
  }

  const ScanCounts& counts() const override { return counts_; }
  std::vector<BadRow>& bad_rows() override { return fault_log_.bad_rows(); }

 private:
  void read_batch();
  void note_bad_values(std::size_t column, std::size_t first_row);
  void note(RowFault fault);
  void check_rules();
  void apply_violation(const Batch& batch, const RuleCheck::Violation& violation);
  void judge();
  void drop_rows();

  bool nulls_bad_values() const { return table_.spec.on_error == OnError::kNull; }
  const CsvTable& table_;
  const CsvFile& file_;
  SplitText split_;
  Tokenizer tokenizer_;
  FaultLog fault_log_;

  std::shared_ptr<const Schema> schema_;  // of the request
  std::vector<std::size_t> requested_;
  std::vector<bool> is_kept_;  // by column of the table's schema, like the next two
  std::vector<bool> is_nullable_;
  std::vector<ColumnParser> parsers_;
  std::vector<std::size_t> parse_order_;  // as the columns stand in the file

  // Of the batch at hand.
  RowBlock block_;
  std::vector<BrokenRow> broken_;
  std::vector<BadValue> bad_values_;
  std::vector<std::uint32_t> row_begins_;
  std::vector<RowFault> faults_;
  std::vector<std::uint32_t> fault_of_row_;  // index or kNone; empty while no row has a fault
  std::vector<std::uint32_t> nulled_rows_;   // one entry for each value made null
  std::size_t row_count_ = 0;

  ScanCounts counts_;
};

void CsvStream::read_batch() {
  std::size_t rows_max = std::min<std::size_t>(kBatchRowsMax, tokenizer_.rows_left_max());
  faults_.clear();
  fault_of_row_.clear();
  nulled_rows_.clear();
  row_begins_.clear();
  row_count_ = 0;
  for (ColumnParser& parser : parsers_) parser.begin_batch(rows_max);
  bool stops = false;
  while (!tokenizer_.at_end() && row_count_ < rows_max && !stops) {
    broken_.clear();
    tokenizer_.next(block_, broken_, rows_max - row_count_);
    row_begins_.insert(row_begins_.end(), block_.row_begins.begin(),
                       block_.row_begins.begin() + static_cast<std::ptrdiff_t>(block_.row_count));
    for (const BrokenRow& row : broken_) {
      note(
          {.begin = row.begin, .kind = kind_name(row.kind), .message = describe(row, file_.column_count), .value = {}});
    }
    for (std::size_t column : parse_order_) {
      bad_values_.clear();
      parsers_[column].parse(block_, row_count_, bad_values_);
      if (!bad_values_.empty()) note_bad_values(column, row_count_);
    }
    row_count_ += block_.row_count;
    counts_.rows_read += static_cast<std::int64_t>(block_.row_count + broken_.size());
    stops = table_.spec.on_error == OnError::kFail && !faults_.empty();
  }
}

void CsvStream::note_bad_values(std::size_t column, std::size_t first_row) {
  const Type& type = table_.schema[column].type;
  for (const BadValue& bad : bad_values_) {
    if (nulls_bad_values()) {
      nulled_rows_.push_back(bad.row);  // Where that is not allowed, the rule of the column says so.
      continue;
    }
    std::string_view value = split_.text.substr(bad.begin, bad.end - bad.begin);
    bool is_quoted = table_.dialect.has_quotes() && value.starts_with(table_.dialect.quote);
    std::string text = is_quoted ? unquote(value, table_.dialect.quote) : std::string(value);
    note({.begin = block_.row_begins[bad.row - first_row],
          .row = bad.row,
          .column = static_cast<std::uint32_t>(column),
          .kind = type.is_binary_like() ? "invalid_encoding" : "cast",
          .message = describe_bad_text(type, text),
          .value = value});
  }
}

/// Keeps the fault of a row that stands furthest left.
void CsvStream::note(RowFault fault) {
  if (fault.row == kNone) return faults_.push_back(std::move(fault));
  if (fault_of_row_.size() <= fault.row) fault_of_row_.resize(fault.row + 1, kNone);
  std::uint32_t& index = fault_of_row_[fault.row];
  if (index == kNone) {
    index = static_cast<std::uint32_t>(faults_.size());
    faults_.push_back(std::move(fault));
  } else if (file_.file_columns[fault.column] < file_.file_columns[faults_[index].column]) {
    faults_[index] = std::move(fault);
  }
}

void CsvStream::check_rules() {
  if (table_.rule_check.empty() || row_count_ == 0) return;
  Batch batch{.schema = nullptr, .columns = std::vector<Column>(parsers_.size()), .row_count = 0};
  batch.row_count = static_cast<std::int64_t>(row_count_);
  for (std::size_t column = 0; column < parsers_.size(); ++column) {
    if (is_kept_[column]) batch.columns[column] = parsers_[column].view(row_count_);
  }
  std::vector<RuleCheck::Violation> violations;
  table_.rule_check.check(batch, violations);
  for (const RuleCheck::Violation& violation : violations) apply_violation(batch, violation);
}

void CsvStream::apply_violation(const Batch& batch, const RuleCheck::Violation& violation) {
  std::size_t column = table_.index_of(table_.rule_check.rule(violation.rule_index).column);
  std::uint32_t row = static_cast<std::uint32_t>(violation.row);
  std::string_view kind = violation.kind;
  if (nulls_bad_values() && kind != "null" && is_nullable_[column]) {
    parsers_[column].set_null(row);
    nulled_rows_.push_back(row);
    return;
  }
  note({.begin = row_begins_[row],
        .row = row,
        .column = static_cast<std::uint32_t>(column),
        .kind = kind,
        .message = table_.rule_check.describe(batch, violation),
        .value = {}});
}

void CsvStream::judge() {
  fault_log_.settle(faults_, counts_);
  if (!fault_of_row_.empty() || !nulled_rows_.empty()) drop_rows();
  counts_.rows_delivered += static_cast<std::int64_t>(row_count_);
}

void CsvStream::drop_rows() {
  std::vector<std::uint8_t> keeps(row_count_, 1);
  for (std::size_t row = 0; row < fault_of_row_.size(); ++row) keeps[row] = fault_of_row_[row] == kNone ? 1 : 0;
  for (std::uint32_t row : nulled_rows_) counts_.values_nulled += keeps[row];
  std::size_t kept = static_cast<std::size_t>(std::count(keeps.begin(), keeps.end(), std::uint8_t{1}));
  for (ColumnParser& parser : parsers_) parser.keep_rows(keeps);
  row_count_ = kept;
}

}  // namespace

std::unique_ptr<SplitStream> make_csv_stream(const CsvTable& table, const FileInfo& info, const CsvFile& file,
                                             SplitText text, const ScanRequest& request, const SourceContext& context) {
  return std::make_unique<CsvStream>(table, info, file, std::move(text), request, *context.memory);
}

}  // namespace headrace
