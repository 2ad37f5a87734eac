// Infers the types of columns nobody declared. See header.h.
#include <algorithm>

#include "headrace/column/number_text.h"
#include "headrace/io/csv/header.h"
#include "headrace/io/text/cast_text.h"
#include "headrace/io/text/parse_value.h"
#include "headrace/io/text/text_window.h"

namespace headrace {
namespace {

constexpr std::int64_t kSampleBytes = 1 << 20;

/// The types that all values so far fit.
struct Candidates {
  bool is_seen = false;
  bool is_int64 = true;
  bool is_float64 = true;
  bool is_bool = true;
  bool is_date = true;
  bool is_timestamp = true;  // dates among them are midnights

  void look_at(std::string_view text);
  Type type() const;
};

bool is_blank(char c) { return static_cast<unsigned char>(c) <= ' '; }

/// Whether writing the number as a number would lose a zero: 007, -01, 00.5.
bool has_superfluous_zero(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
}

void Candidates::look_at(std::string_view text) {
  is_seen = true;
  bool is_trimmed = !text.empty() && !is_blank(text.front()) && !is_blank(text.back());
  bool can_be_number = is_trimmed && !has_superfluous_zero(text);
  bool is_integer = false;
  if (is_int64 || is_float64) {
    bool fits = can_be_number && parse_int64(text, &is_integer).has_value();
    is_int64 = is_int64 && fits;
    // A whole number beyond int64 would lose digits as a float.
    is_float64 = is_float64 && can_be_number && (fits || (!is_integer && parse_float64(text).has_value()));
  }
  std::string padded(text.substr(0, 8));
  padded.resize(8);
  std::uint8_t flag;
  is_bool = is_bool && read_bool(padded.data(), text.size(), flag);
  bool is_day = looks_like_date(text);
  bool is_time = looks_like_timestamp(text);
  is_date = is_date && is_day;
  is_timestamp = is_timestamp && (is_day || is_time);
}

Type Candidates::type() const {
  if (!is_seen) return TypeKind::kString;
  if (is_int64) return TypeKind::kInt64;
  if (is_float64) return TypeKind::kFloat64;
  if (is_bool) return TypeKind::kBool;
  if (is_date) return TypeKind::kDate;
  if (is_timestamp) return TypeKind::kTimestamp;
  return TypeKind::kString;
}

}  // namespace

std::vector<Type> infer_types(const FileInfo& file, const CsvHeader& header, const NullValues& nulls,
                              const TextDialect& dialect, const SourceContext& context) {
  std::unique_ptr<InputFile> input = context.fs->open(file.path);
  std::int64_t begin = header.data_start.byte_offset;
  TextWindow window(*input, file.size_bytes, begin, begin + kSampleBytes, *context.memory);
  std::vector<Candidates> candidates(header.names.size());
  std::size_t at = 0;
  while (at < window.text().size()) {
    RowEnd end = find_row_end(window.text(), at, window.at_file_end(), dialect);
    if (end.kind != RowEnd::Kind::kFound) break;
    std::string_view row = window.text().substr(at, end.text_end - at);
    at = end.next;
    if (end.is_broken || end.is_too_long || row.empty()) continue;
    std::vector<std::string> values = split_row(row, dialect);
    if (values.size() != candidates.size()) continue;
    for (std::size_t i = 0; i < values.size(); ++i) {
      bool is_null = std::find(nulls.texts().begin(), nulls.texts().end(), values[i]) != nulls.texts().end();
      if (!is_null) candidates[i].look_at(values[i]);
    }
  }
  std::vector<Type> types;
  for (const Candidates& column : candidates) types.push_back(column.type());
  return types;
}

}  // namespace headrace
