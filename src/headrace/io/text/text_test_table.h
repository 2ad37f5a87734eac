// Reads text whole, for tests.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "headrace/base/error.h"
#include "headrace/column/value.h"
#include "headrace/io/source.h"
#include "headrace/io/temporary_folder.h"

namespace headrace {

using Cells = std::vector<std::optional<std::string>>;

/// What reading a source gave.
struct TextResult {
  std::vector<Cells> rows;
  std::vector<BadRow> bad_rows;
  ScanCounts counts;

  /// "line kind [column]" of each bad row.
  std::vector<std::string> bad() const {
    std::vector<std::string> lines;
    for (const BadRow& row : bad_rows) {
      lines.push_back(std::to_string(row.line) + " " + row.kind + (row.column.empty() ? "" : " " + row.column));
    }
    return lines;
  }
};

inline bool same_bad_rows(const std::vector<BadRow>& a, const std::vector<BadRow>& b) {
  auto same = [](const BadRow& x, const BadRow& y) {
    return x.line == y.line && x.byte_offset == y.byte_offset && x.column == y.column && x.kind == y.kind &&
           x.message == y.message && x.text == y.text;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

/// A source of one file in a folder of its own.
struct TextTest {
  TextTest(std::string_view file_name, std::string_view text, std::vector<Field> declared) {
    spec.name = "test";
    spec.paths = {folder.write(file_name, text)};
    spec.declared = std::move(declared);
    spec.on_error = OnError::kQuarantine;
    context.fs = local_file_system();
    context.memory = MemoryBudget::create();
  }

  std::unique_ptr<SourceReader> open() const { return open_source(spec, context); }

  static void read_split(const SourceReader& reader, std::size_t index, const std::vector<std::string>& columns,
                         TextResult& result) {
    std::unique_ptr<SplitStream> stream = reader.open_split(index, {.columns = columns, .bounds = {}});
    Batch batch;
    while (stream->next(batch)) {
      HEADRACE_CHECK(batch.row_count > 0 && batch.row_count <= kBatchRowsMax);
      for (std::int64_t row = 0; row < batch.row_count; ++row) {
        Cells cells;
        for (const Column& column : batch.columns) {
          bool is_null = column.is_null(row);
          cells.push_back(is_null ? std::nullopt : std::optional(format_cell(column, row)));
        }
        result.rows.push_back(std::move(cells));
      }
    }
    result.counts.add(stream->counts());
    for (BadRow& bad : stream->bad_rows()) result.bad_rows.push_back(std::move(bad));
  }

  /// All rows of the columns asked for, else of all columns.
  TextResult read(std::optional<std::vector<std::string>> columns = {}) const {
    std::unique_ptr<SourceReader> reader = open();
    TextResult result;
    for (std::size_t i = 0; i < reader->split_count(); ++i) {
      read_split(*reader, i, columns ? *columns : reader->schema().names(), result);
    }
    const ScanCounts& counts = result.counts;
    HEADRACE_CHECK(counts.rows_read ==
                   counts.rows_delivered + counts.rows_quarantined + counts.rows_dropped + counts.rows_skipped);
    HEADRACE_CHECK(counts.rows_delivered == static_cast<std::int64_t>(result.rows.size()));
    HEADRACE_CHECK(counts.rows_quarantined == static_cast<std::int64_t>(result.bad_rows.size()));
    return result;
  }

  /// The error of reading, its hint included; empty when there is none.
  std::string failure() const {
    try {
      read();
    } catch (const Error& error) {
      return error.what();
    }
    return {};
  }

  TemporaryFolder folder;
  SourceSpec spec;
  SourceContext context;
};

}  // namespace headrace
