// The columns of a table with their statistics, as HTML.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace headrace {

/// An entry a column that opens: what counts in a line with a small histogram, then quantiles, frequent values and the
/// histogram as a table. `table` is as statistics_json() writes it; `side` is "before" or "after".
std::string columns_html(const nlohmann::ordered_json& table, std::string_view side);

/// A line a column, without more: for notebooks.
std::string columns_table_html(const nlohmann::ordered_json& table);

/// Bars of equal width, as high as their counts, in an inline SVG image.
std::string bars_svg(const nlohmann::ordered_json& counts);

}  // namespace headrace
