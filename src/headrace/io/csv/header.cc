// Reads headers. See header.h.
#include "headrace/io/csv/header.h"

#include <unordered_map>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/excerpt.h"
#include "headrace/io/text/text_window.h"

namespace headrace {
namespace {

constexpr std::int64_t kFirstReadBytes = 64 << 10;

/// Columns without a name are called by their number; two alike are an error.
void settle_names(std::vector<std::string>& names, const FileInfo& file, std::int64_t line) {
  std::unordered_map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) names[i] = fmt::format("column_{}", i + 1);
    if (valid_utf8_bytes(names[i]) != names[i].size()) {
      throw Error(ErrorCode::kBadData,
                  fmt::format("'{}', line {}: the name of column {}, {}, is not UTF-8", file.path, line, i + 1,
                              excerpt(names[i])),
                  "convert the file to UTF-8, for example with iconv");
    }
    auto [first, is_new] = seen.emplace(names[i], i);
    if (is_new) continue;
    throw Error(ErrorCode::kBadData,
                fmt::format("'{}', line {}: columns {} and {} are both named {}", file.path, line, first->second + 1,
                            i + 1, excerpt(names[i])),
                "rename one of them in the file, or skip the header with 'header: false' and declare the columns");
  }
}

}  // namespace

CsvHeader read_header(const FileInfo& file, bool has_header, const TextDialect& dialect, const SourceContext& context) {
  std::unique_ptr<InputFile> input = context.fs->open(file.path);
  TextWindow window(*input, file.size_bytes, 0, kFirstReadBytes, *context.memory);
  CsvHeader header{.names = {},
                   .data_start = {.byte_offset = byte_order_mark_bytes(window.text(), file.path), .line = 1}};
  RowStart first = header.data_start;
  while (first.byte_offset < window.end()) {
    std::size_t begin = static_cast<std::size_t>(first.byte_offset);
    RowEnd end = find_row_end(window.text(), begin, window.at_file_end(), dialect);
    if (end.kind == RowEnd::Kind::kNeedsMore) {
      window.extend_to(window.end() + kFirstReadBytes);
      continue;
    }
    if (end.is_too_long || end.is_broken) {
      throw Error(
          ErrorCode::kBadData,
          fmt::format("'{}', line {}: {}", file.path, first.line,
                      end.is_too_long ? "the first row is longer than 16 MiB"
                                      : "a quoted value of the first row is not closed, or goes on behind its quote"),
          "check that the file is CSV, and its delimiter and quote");
    }
    std::string_view row = window.text().substr(begin, end.text_end - begin);
    RowStart next{.byte_offset = static_cast<std::int64_t>(end.next),
                  .line = first.line + count_line_ends(window.text().substr(begin, end.next - begin))};
    if (!row.empty()) {
      header.names = split_row(row, dialect);
      if (!has_header) std::fill(header.names.begin(), header.names.end(), std::string());
      settle_names(header.names, file, first.line);
      if (has_header) header.data_start = next;
      return header;
    }
    first = next;
  }
  if (has_header) {
    throw Error(ErrorCode::kBadData, fmt::format("'{}' is empty: it has no header", file.path),
                "give it a first line with the names of its columns, or leave the file out");
  }
  return header;
}

}  // namespace headrace
