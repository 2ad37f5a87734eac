// See writer.h.
#include "headrace/io/csv/writer.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/column/number_text.h"
#include "headrace/column/value.h"
#include "headrace/io/check_nulls.h"
#include "headrace/io/checksum_file.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

/// Rows go to the file in pieces of about this size.
constexpr std::size_t kPieceBytes = 1 << 18;
/// What the reader takes for one row.
constexpr std::size_t kRowBytesMax = 16 << 20;

/// A text as the reader gives it back: in quotes where it would be something else without. No bytes are null.
void append_text(std::string& out, std::string_view text) {
  if (!text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

template <typename T>
void append_integer(std::string& out, T value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
}

/// The value of a row that is not null, of a plain column.
void append_value(std::string& out, const Column& column, std::int64_t row) {
  auto at = static_cast<std::size_t>(row);
  switch (column.type().kind()) {
    case TypeKind::kInt8: return append_integer(out, column.values<std::int8_t>()[at]);
    case TypeKind::kInt16: return append_integer(out, column.values<std::int16_t>()[at]);
    case TypeKind::kInt32: return append_integer(out, column.values<std::int32_t>()[at]);
    case TypeKind::kInt64: return append_integer(out, column.values<std::int64_t>()[at]);
    case TypeKind::kFloat32: out += format_float32(column.values<float>()[at]); return;
    case TypeKind::kFloat64: out += format_float64(column.values<double>()[at]); return;
    case TypeKind::kString:
    case TypeKind::kBinary: return append_text(out, column.string_at(row));
    default: out += format_cell(column, row);  // booleans, decimals and times: no text of theirs needs quotes
  }
}

class CsvWriter final : public FileWriter {
 public:
  CsvWriter(const Schema& schema, std::unique_ptr<OutputFile> file, MemoryBudget& memory)
      : schema_(schema),
        file_(std::move(file)),
        memory_(memory.shared_from_this()),
        what_(fmt::format("cannot write '{}'", file_.path())),
        reservation_(memory, kPieceBytes, "CSV that is written") {
    for (std::size_t i = 0; i < schema_.size(); ++i) {
      if (i > 0) text_ += ',';
      append_text(text_, schema_[i].name);
    }
    text_ += '\n';
  }

  void write(const Batch& batch) override {
    check_nulls(schema_, batch, what_);
    Batch rows = flatten(*memory_, batch);
    for (std::int64_t row = 0; row < rows.row_count; ++row) write_row(rows, row);
    row_count_ += rows.row_count;
  }

  FileSummary finish() override {
    flush();
    return file_.finish(row_count_);
  }

 private:
  void write_row(const Batch& rows, std::int64_t row) {
    std::size_t start = text_.size();
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
      if (i > 0) text_ += ',';
      if (!rows.columns[i].is_null(row)) append_value(text_, rows.columns[i], row);
    }
    text_ += '\n';
    if (text_.size() - start > kRowBytesMax) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{}: row {} takes more than 16 MiB", what_, row_count_ + row + 1),
                  "leave out its large values, or write parquet");
    }
    if (text_.size() >= kPieceBytes) flush();
  }

  void flush() {
    if (text_.capacity() > reservation_.bytes()) reservation_.resize(text_.capacity(), "CSV that is written");
    file_.append(std::as_bytes(std::span(text_)));
    text_.clear();
  }

  Schema schema_;
  ChecksumFile file_;
  std::shared_ptr<MemoryBudget> memory_;
  std::string what_;
  Reservation reservation_;
  std::string text_;  // not written yet
  std::int64_t row_count_ = 0;
};

}  // namespace

void check_csv_schema(const Schema& schema, const WriterOptions& options) {
  if (!options.compression.empty() && options.compression != "none") {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("CSV files cannot be written with compression '{}'", options.compression),
                "leave out the compression, or write parquet");
  }
  check_has_no_null_type(schema);
  for (const Field& field : schema) {
    if (!field.type.is_nested()) continue;
    throw Error(
        ErrorCode::kUnsupported,
        fmt::format("column '{}' cannot be written as CSV, which has no {}", field.name, field.type.to_string()),
        "explode it, take parts of it, or write parquet");
  }
}

std::unique_ptr<FileWriter> create_csv(const Schema& schema, std::unique_ptr<OutputFile> file,
                                       const WriterOptions& options, MemoryBudget& memory) {
  check_csv_schema(schema, options);
  return std::make_unique<CsvWriter>(schema, std::move(file), memory);
}

}  // namespace headrace
