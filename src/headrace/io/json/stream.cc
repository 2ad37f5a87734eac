// The rows of a split of JSON lines as batches, and what happens to bad ones.
//
// A line is read straight into the columns. If it turns out bad, they are cut back and the row is noted; under
// on_error: null only the bad value is null. Rules are checked on whole batches. Every column is read, requested or
// not, so that a row is bad for every plan or for none; what is neither requested nor bound by a rule is forgotten at
// once.
#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "headrace/io/excerpt.h"
#include "headrace/io/json/json_column.h"
#include "headrace/io/json/line_blocks.h"
#include "headrace/io/json/reader.h"
#include "headrace/io/text/fault_log.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

class NdjsonStream : public SplitStream {
 public:
  NdjsonStream(const NdjsonTable& table, const FileInfo& file, SplitText text, const ScanRequest& request,
               MemoryBudget& memory)
      : table_(table),
        memory_(memory),
        split_(std::move(text)),
        lines_(split_.text, memory),
        object_(table.schema.fields(), memory),
        fault_log_(table.spec, table.schema, table.is_inferred, file, kJsonLines, split_, memory) {
    counts_.bytes_read = split_.row_bytes;
    is_kept_.resize(table.schema.size());
    std::vector<Field> fields;
    for (const std::string& name : request.columns) {
      std::size_t column = table.schema.index_of(name);
      requested_.push_back(column);
      fields.push_back(table.schema[column]);
      is_kept_[column] = true;
    }
    schema_ = std::make_shared<const Schema>(std::move(fields));
    for (const ColumnRule& rule : table.rules) is_kept_[table.schema.index_of(rule.column)] = true;
    for (std::size_t i = 0; i < is_kept_.size(); ++i) {
      if (!is_kept_[i]) forgotten_.push_back(i);
    }
  }

  bool next(Batch& batch) override {
    while (!lines_.at_end()) {
      read_rows();
      Batch rows{.schema = nullptr, .columns = {}, .row_count = static_cast<std::int64_t>(row_count_)};
      for (JsonColumn& column : object_.columns()) rows.columns.push_back(column.finish());
      check_rules(rows);
      fault_log_.settle(faults_, counts_);
      if (has_violations_) rows = without_violations(std::move(rows));
      counts_.rows_delivered += rows.row_count;
      if (rows.row_count == 0) continue;
      batch.schema = schema_;
      batch.row_count = rows.row_count;
      batch.columns.clear();
      for (std::size_t column : requested_) batch.columns.push_back(rows.columns[column]);
      return true;
    }
    return false;
  }

  const ScanCounts& counts() const override { return counts_; }
  std::vector<BadRow>& bad_rows() override { return fault_log_.bad_rows(); }

 private:
  void read_rows();
  bool read_line(const LineBlocks::Line& line);
  bool note_broken(const LineBlocks::Line& line, std::string_view kind, std::string message);
  bool note_bad_values(const LineBlocks::Line& line);
  std::string describe_defect(const LineBlocks::Line& line) const;
  void forget_line();
  void check_rules(const Batch& rows);
  Batch without_violations(Batch rows);

  bool nulls_bad_values() const { return table_.spec.on_error == OnError::kNull; }

  const NdjsonTable& table_;
  MemoryBudget& memory_;
  SplitText split_;
  LineBlocks lines_;
  JsonObject object_;
  FaultLog fault_log_;

  std::shared_ptr<const Schema> schema_;  // of the request
  std::vector<std::size_t> requested_;
  std::vector<bool> is_kept_;           // by column of the table's schema
  std::vector<std::size_t> forgotten_;  // the others

  // Of the batch at hand.
  std::size_t row_count_ = 0;
  std::vector<std::uint32_t> row_begins_;
  std::vector<RowFault> faults_;
  std::vector<std::uint32_t> nulled_rows_;  // one entry for each value made null
  bool has_violations_ = false;
  std::vector<std::uint8_t> keeps_;                      // by row, once has_violations_
  std::vector<std::vector<std::int32_t>> nulled_cells_;  // by column: rows

  ScanCounts counts_;
};

void NdjsonStream::read_rows() {
  constexpr std::size_t kLineBytesMin = 3;
  std::size_t rows_max = std::min<std::size_t>(kBatchRowsMax, lines_.bytes_left() / kLineBytesMin + 1);
  faults_.clear();
  nulled_rows_.clear();
  row_begins_.clear();
  row_count_ = 0;
  for (std::size_t i = 0; i < is_kept_.size(); ++i) object_.columns()[i].begin(is_kept_[i] ? rows_max : 1);
  bool stops = false;
  LineBlocks::Line line{};
  while (row_count_ < rows_max && !stops && lines_.next(line)) {
    if (read_line(line)) {
      row_begins_.push_back(line.begin);
      ++row_count_;
    }
    stops = table_.spec.on_error == OnError::kFail && !faults_.empty();
  }
}

/// Whether the line gave a row.
bool NdjsonStream::read_line(const LineBlocks::Line& line) {
  if (line.is_too_long) return note_broken(line, "line_too_long", "the row is longer than 16 MiB");
  if (line.defect != JsonDefect::kNone) {
    std::string_view kind = line.defect == JsonDefect::kEncoding ? "invalid_encoding" : "invalid_json";
    return note_broken(line, kind, describe_defect(line));
  }
  JsonCursor cursor = lines_.cursor();
  if (cursor.at_end()) return false;
  JsonOutcome outcome = object_.read(cursor);
  if (outcome != JsonOutcome::kBroken && !cursor.at_end()) outcome = cursor.fail("something follows the object");
  lines_.done(cursor);
  if (outcome == JsonOutcome::kBroken) {
    forget_line();
    if (cursor.repeated_key().data() != nullptr) {
      return note_broken(line, "duplicate_key", fmt::format("the key {} stands twice", excerpt(cursor.repeated_key())));
    }
    return note_broken(line, "invalid_json",
                       fmt::format("the line is no JSON object: {}, at byte {}", cursor.failure(),
                                   lines_.base() + cursor.failure_offset() - line.begin + 1));
  }
  ++counts_.rows_read;
  if (outcome == JsonOutcome::kBad && !note_bad_values(line)) {
    forget_line();
    return false;
  }
  for (std::size_t column : forgotten_) object_.columns()[column].truncate(0);
  return true;
}

/// Notes a row that is bad as a whole.
bool NdjsonStream::note_broken(const LineBlocks::Line& line, std::string_view kind, std::string message) {
  ++counts_.rows_read;
  faults_.push_back({.begin = line.begin, .kind = kind, .message = std::move(message)});
  return false;
}

/// Notes the bad values of the line just read. Whether the row stays.
bool NdjsonStream::note_bad_values(const LineBlocks::Line& line) {
  const std::vector<JsonObject::Bad>& bad = object_.bad();
  if (nulls_bad_values()) {
    // Where null is not allowed, the rule of the column says so.
    nulled_rows_.insert(nulled_rows_.end(), bad.size(), static_cast<std::uint32_t>(row_count_));
    return true;
  }
  auto first = std::min_element(bad.begin(), bad.end(), [](const auto& a, const auto& b) { return a.field < b.field; });
  const BadJsonValue& value = first->value;
  faults_.push_back({.begin = line.begin,
                     .column = static_cast<std::uint32_t>(first->field),
                     .kind = "cast",
                     .message = value.path.empty() ? value.message : fmt::format("{}: {}", value.path, value.message)});
  return false;
}

std::string NdjsonStream::describe_defect(const LineBlocks::Line& line) const {
  std::string_view text = split_.text.substr(line.begin, line.end - line.begin);
  if (line.defect == JsonDefect::kText) {
    return "the line is no JSON object: a text is not closed, or holds a control character";
  }
  std::size_t at = valid_utf8_bytes(text);
  return fmt::format("the line is not UTF-8: byte {} is 0x{:02X}", at + 1, static_cast<unsigned char>(text[at]));
}

void NdjsonStream::forget_line() {
  for (std::size_t i = 0; i < is_kept_.size(); ++i) object_.columns()[i].truncate(is_kept_[i] ? row_count_ : 0);
}

void NdjsonStream::check_rules(const Batch& rows) {
  has_violations_ = false;
  std::vector<RuleCheck::Violation> violations;
  if (!table_.rule_check.empty() && row_count_ > 0) table_.rule_check.check(rows, violations);
  if (violations.empty()) {
    counts_.values_nulled += static_cast<std::int64_t>(nulled_rows_.size());
    return;
  }
  has_violations_ = true;
  keeps_.assign(row_count_, 1);
  nulled_cells_.assign(table_.schema.size(), {});
  for (const RuleCheck::Violation& violation : violations) {
    std::size_t column = table_.schema.index_of(table_.rule_check.rule(violation.rule_index).column);
    std::uint32_t row = static_cast<std::uint32_t>(violation.row);
    if (nulls_bad_values() && std::string_view(violation.kind) != "null" && table_.schema[column].nullable) {
      nulled_cells_[column].push_back(static_cast<std::int32_t>(row));
      nulled_rows_.push_back(row);
      continue;
    }
    RowFault fault{.begin = row_begins_[row],
                   .row = row,
                   .column = static_cast<std::uint32_t>(column),
                   .kind = violation.kind,
                   .message = table_.rule_check.describe(rows, violation)};
    bool is_known = keeps_[row] == 0;
    keeps_[row] = 0;
    if (!is_known) {
      faults_.push_back(std::move(fault));
    } else if (fault.column < faults_.back().column) {
      faults_.back() = std::move(fault);  // Violations are ordered by row.
    }
  }
  for (std::uint32_t row : nulled_rows_) counts_.values_nulled += keeps_[row];
}

/// `rows` without those that break a rule, and without the values that do where they are made null.
Batch NdjsonStream::without_violations(Batch rows) {
  std::vector<std::int32_t> kept;
  for (std::size_t row = 0; row < keeps_.size(); ++row) {
    if (keeps_[row] != 0) kept.push_back(static_cast<std::int32_t>(row));
  }
  for (std::size_t column : requested_) {
    std::vector<std::int32_t> picks(keeps_.size());
    std::iota(picks.begin(), picks.end(), 0);
    for (std::int32_t row : nulled_cells_[column]) picks[static_cast<std::size_t>(row)] = -1;
    std::vector<std::int32_t> picked;
    for (std::int32_t row : kept) picked.push_back(picks[static_cast<std::size_t>(row)]);
    rows.columns[column] = gather(memory_, rows.columns[column], picked);
  }
  rows.row_count = static_cast<std::int64_t>(kept.size());
  return rows;
}

}  // namespace

std::unique_ptr<SplitStream> make_ndjson_stream(const NdjsonTable& table, const FileInfo& file, SplitText text,
                                                const ScanRequest& request, const SourceContext& context) {
  return std::make_unique<NdjsonStream>(table, file, std::move(text), request, *context.memory);
}

}  // namespace headrace
