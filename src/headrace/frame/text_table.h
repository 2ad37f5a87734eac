// Rows as an aligned table of text, for terminals.
#pragma once

#include <cstdint>
#include <string>

#include "headrace/exec/table.h"

namespace headrace {

/// The first `row_count_max` rows under a line of column names and one of types. Cells are cut after `cell_width_max`
/// characters. Numbers stand right, the rest left.
std::string text_table(const Table& table, std::int64_t row_count_max, std::size_t cell_width_max = 32);

/// A cell for people: binary that is valid UTF-8 as text, everything else as format_cell() writes it.
std::string display_cell(const Column& column, std::int64_t row);

}  // namespace headrace
