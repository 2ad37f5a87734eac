// See text_table.h.
#include "headrace/frame/text_table.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "headrace/column/value.h"
#include "headrace/io/excerpt.h"

namespace headrace {
namespace {

/// Number of code points: near enough to the width on a terminal.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// Cuts after `width_max` code points, and shows control characters as '?', so that no cell can move the cursor.
std::string clean_cell(const std::string& text, std::size_t width_max) {
  std::string clean;
  std::size_t width = 0;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    bool starts_character = (byte & 0xC0U) != 0x80U;
    if (starts_character && width == width_max) return clean + "…";
    width += starts_character ? 1 : 0;
    clean += byte < 0x20 || byte == 0x7F ? '?' : c;
  }
  return clean;
}

std::string pad(const std::string& text, std::size_t width, bool right) {
  std::string blanks(width - std::min(width, width_of(text)), ' ');
  return right ? blanks + text : text + blanks;
}

}  // namespace

std::string display_cell(const Column& column, std::int64_t row) {
  if (column.type().kind() == TypeKind::kBinary && !column.is_null(row)) {
    std::string_view bytes = column.string_at(row);
    if (valid_utf8_bytes(bytes) == bytes.size()) return std::string(bytes);
  }
  return format_cell(column, row);
}

std::string text_table(const Table& table, std::int64_t row_count_max, std::size_t cell_width_max) {
  const Schema& schema = *table.schema;
  std::vector<std::vector<std::string>> lines(2);
  for (const Field& field : schema) {
    lines[0].push_back(clean_cell(field.name, cell_width_max));
    lines[1].push_back(clean_cell(field.type.to_string(), cell_width_max));
  }
  std::int64_t left = row_count_max;
  for (const Batch& batch : table.batches) {
    for (std::int64_t row = 0; row < batch.row_count && left > 0; ++row, --left) {
      std::vector<std::string> cells;
      for (const Column& column : batch.columns) cells.push_back(clean_cell(display_cell(column, row), cell_width_max));
      lines.push_back(std::move(cells));
    }
  }
  std::string text;
  std::vector<std::size_t> widths(schema.size());
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], width_of(line[i]));
  }
  for (const auto& line : lines) {
    std::string row;
    for (std::size_t i = 0; i < line.size(); ++i) {
      row += (i == 0 ? "" : "  ") + pad(line[i], widths[i], schema[i].type.is_numeric());
    }
    while (!row.empty() && row.back() == ' ') row.pop_back();
    text += row + "\n";
  }
  return text;
}

}  // namespace headrace
