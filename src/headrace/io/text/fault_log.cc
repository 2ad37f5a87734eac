// See fault_log.h.
#include "headrace/io/text/fault_log.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/excerpt.h"

namespace headrace {
namespace {

/// A row that is too long is kept in part.
constexpr std::size_t kLongTextBytesMax = 64 << 10;

/// Words that other programs write for null.
bool looks_null(std::string_view text) {
  constexpr std::array<std::string_view, 14> kWords = {"NA",   "N/A", "n/a", "na", "NULL", "null", "Null",
                                                       "None", "nil", "NaN", "-",  "?",    "\\N",  "#N/A"};
  return std::find(kWords.begin(), kWords.end(), text) != kWords.end();
}

}  // namespace

FaultLog::FaultLog(const SourceSpec& spec, const Schema& schema, bool is_inferred, const FileInfo& file,
                   const TextDialect& dialect, const SplitText& split, MemoryBudget& memory)
    : spec_(spec),
      schema_(schema),
      is_inferred_(is_inferred),
      file_(file),
      dialect_(dialect),
      split_(split),
      reservation_(memory, 0, "the bad rows of a split"),
      line_(split.start.line) {}

void FaultLog::settle(std::vector<RowFault>& faults, ScanCounts& counts) {
  // They are noted as they are met: structures first, then values, then rules.
  std::stable_sort(faults.begin(), faults.end(),
                   [](const RowFault& a, const RowFault& b) { return a.begin < b.begin; });
  if (!faults.empty() && spec_.on_error == OnError::kFail) fail(faults.front());
  for (const RowFault& fault : faults) {
    if (spec_.on_error == OnError::kQuarantine) {
      bad_rows_.push_back(bad_row(fault));
      ++counts.rows_quarantined;
    } else {
      ++counts.rows_dropped;
    }
  }
}

/// The fault as others see it. Faults come in the order of their rows.
BadRow FaultLog::bad_row(const RowFault& fault) {
  line_ += count_line_ends(split_.text.substr(line_offset_, fault.begin - line_offset_));
  line_offset_ = fault.begin;
  RowEnd end = find_row_end(split_.text, fault.begin, true, dialect_);
  std::string_view text = split_.text.substr(fault.begin, end.text_end - fault.begin);
  if (text.size() > kRowBytesMax) text = text.substr(0, kLongTextBytesMax);
  reserved_bytes_ += text.size() + fault.message.size() + sizeof(BadRow);
  reservation_.resize(reserved_bytes_, "the bad rows of a split");
  bool has_column = fault.column != RowFault::kNone;
  return {.file = file_.path,
          .line = line_,
          .byte_offset = split_.start.byte_offset + fault.begin,
          .column = has_column ? schema_[fault.column].name : std::string(),
          .kind = std::string(fault.kind),
          .message = fault.message,
          .text = std::string(text)};
}

void FaultLog::fail(const RowFault& fault) {
  BadRow row = bad_row(fault);
  std::string place = fmt::format("bad row in '{}', line {}", row.file, row.line);
  if (!row.column.empty()) place += fmt::format(", column '{}'", row.column);
  std::string hint;
  if (row.kind == "invalid_encoding") {
    hint = row.column.empty()
               ? "convert the file to UTF-8 (for example: iconv -f LATIN1 -t UTF-8); or "
               : "convert the file to UTF-8 (for example: iconv -f LATIN1 -t UTF-8), or declare the column binary; or ";
  } else if (row.kind == "cast" && looks_null(fault.value)) {
    hint = fmt::format("if {} stands for null, add it to null_values; or ", excerpt(fault.value));
  } else if (row.kind == "cast" && is_inferred_) {
    hint = "the type was inferred from the first MiB of the source: declare the column's type; or ";
  }
  hint += "correct the row, or set 'on_error: quarantine' (or drop, or null) to go on without bad rows";
  throw Error(ErrorCode::kBadData, fmt::format("{}: {}; the row is {}", place, row.message, excerpt(row.text, 200)),
              hint);
}

}  // namespace headrace
