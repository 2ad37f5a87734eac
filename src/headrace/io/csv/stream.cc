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
#include <array>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/csv/reader.h"
#include "headrace/io/excerpt.h"

namespace headrace {
namespace {

/// A row that is too long is kept in part.
constexpr std::size_t kLongTextBytesMax = 64 << 10;
constexpr std::uint32_t kNone = ~std::uint32_t{0};

/// Something wrong with a row of the batch at hand.
struct Fault {
  std::uint32_t begin = 0;            // of the row, in the text of the split
  std::uint32_t row = kNone;          // in the batch; broken rows are in none
  std::size_t schema_column = kNone;  // broken rows have none
  std::string_view kind;
  std::string message;
  std::string_view value;  // the bad text, for hints
};

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

/// Words that other programs write for null.
bool looks_null(std::string_view text) {
  constexpr std::array<std::string_view, 14> kWords = {"NA",   "N/A", "n/a", "na", "NULL", "null", "Null",
                                                       "None", "nil", "NaN", "-",  "?",    "\\N",  "#N/A"};
  return std::find(kWords.begin(), kWords.end(), text) != kWords.end();
}

class CsvStream : public SplitStream {
 public:
  CsvStream(const CsvTable& table, const CsvFile& file, SplitText text, const ScanRequest& request,
            MemoryBudget& memory)
      : table_(table),
        file_(file),
        split_(std::move(text)),
        tokenizer_(split_.text, file.column_count, table.dialect, memory),
        reservation_(memory, 0, "the bad rows of a split"),
        line_(split_.start.line) {
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
  std::vector<BadRow>& bad_rows() override { return bad_rows_; }

 private:
  void read_batch();
  void note_bad_values(std::size_t column, std::size_t first_row);
  void note(Fault fault);
  void check_rules();
  void apply_violation(const Batch& batch, const RuleCheck::Violation& violation);
  void judge();
  void drop_rows();
  BadRow bad_row(const Fault& fault);
  [[noreturn]] void fail(const Fault& fault);

  bool nulls_bad_values() const { return table_.spec.on_error == OnError::kNull; }
  const CsvTable& table_;
  const CsvFile& file_;
  SplitText split_;
  Tokenizer tokenizer_;
  Reservation reservation_;
  std::size_t reserved_text_bytes_ = 0;

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
  std::vector<Fault> faults_;
  std::vector<std::uint32_t> fault_of_row_;  // index or kNone; empty while no row has a fault
  std::vector<std::uint32_t> nulled_rows_;   // one entry for each value made null
  std::size_t row_count_ = 0;

  ScanCounts counts_;
  std::vector<BadRow> bad_rows_;
  std::uint32_t line_offset_ = 0;  // `line_` is the line at this offset of the text
  std::int64_t line_;
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
          .schema_column = column,
          .kind = type.is_binary_like() ? "invalid_encoding" : "cast",
          .message = describe_bad_text(type, text),
          .value = value});
  }
}

/// Keeps the fault of a row that stands furthest left.
void CsvStream::note(Fault fault) {
  if (fault.row == kNone) return faults_.push_back(std::move(fault));
  if (fault_of_row_.size() <= fault.row) fault_of_row_.resize(fault.row + 1, kNone);
  std::uint32_t& index = fault_of_row_[fault.row];
  if (index == kNone) {
    index = static_cast<std::uint32_t>(faults_.size());
    faults_.push_back(std::move(fault));
  } else if (file_.file_columns[fault.schema_column] < file_.file_columns[faults_[index].schema_column]) {
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
        .schema_column = column,
        .kind = kind,
        .message = table_.rule_check.describe(batch, violation),
        .value = {}});
}

void CsvStream::judge() {
  // Broken rows were noted before the values of their block, violations of rules after.
  std::stable_sort(faults_.begin(), faults_.end(), [](const Fault& a, const Fault& b) { return a.begin < b.begin; });
  if (!faults_.empty() && table_.spec.on_error == OnError::kFail) fail(faults_.front());
  for (const Fault& fault : faults_) {
    if (table_.spec.on_error == OnError::kQuarantine) {
      bad_rows_.push_back(bad_row(fault));
      ++counts_.rows_quarantined;
    } else {
      ++counts_.rows_dropped;
    }
  }
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

/// The fault as others see it. Faults come in the order of their rows.
BadRow CsvStream::bad_row(const Fault& fault) {
  line_ += count_line_ends(split_.text.substr(line_offset_, fault.begin - line_offset_));
  line_offset_ = fault.begin;
  RowEnd end = find_row_end(split_.text, fault.begin, true, table_.dialect);
  std::string_view text = split_.text.substr(fault.begin, end.text_end - fault.begin);
  if (text.size() > kCsvRowBytesMax) text = text.substr(0, kLongTextBytesMax);
  reserved_text_bytes_ += text.size() + fault.message.size() + sizeof(BadRow);
  reservation_.resize(reserved_text_bytes_, "the bad rows of a split");
  bool has_column = fault.row != kNone;
  return {.file = file_.splits->file().path,
          .line = line_,
          .byte_offset = split_.start.byte_offset + fault.begin,
          .column = has_column ? table_.schema[fault.schema_column].name : std::string(),
          .kind = std::string(fault.kind),
          .message = fault.message,
          .text = std::string(text)};
}

void CsvStream::fail(const Fault& fault) {
  BadRow row = bad_row(fault);
  std::string place = fmt::format("bad row in '{}', line {}", row.file, row.line);
  if (!row.column.empty()) place += fmt::format(", column '{}'", row.column);
  std::string hint;
  if (row.kind == "invalid_encoding") {
    hint = "convert the file to UTF-8 (for example: iconv -f LATIN1 -t UTF-8), or declare the column binary; or ";
  } else if (row.kind == "cast" && looks_null(fault.value)) {
    hint = fmt::format("if {} stands for null, add it to null_values; or ", excerpt(fault.value));
  } else if (row.kind == "cast" && table_.is_inferred) {
    hint = "the type was inferred from the first MiB of the source: declare the column's type; or ";
  }
  hint += "correct the row, or set 'on_error: quarantine' (or drop, or null) to go on without bad rows";
  throw Error(ErrorCode::kBadData, fmt::format("{}: {}; the row is {}", place, row.message, excerpt(row.text, 200)),
              hint);
}

}  // namespace

std::unique_ptr<SplitStream> make_csv_stream(const CsvTable& table, const CsvFile& file, SplitText text,
                                             const ScanRequest& request, const SourceContext& context) {
  return std::make_unique<CsvStream>(table, file, std::move(text), request, *context.memory);
}

}  // namespace headrace
