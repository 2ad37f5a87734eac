// Charts of a report as Vega-Lite specifications; a page's script only hands them their rows.
#pragma once

#include <nlohmann/json.hpp>

namespace headrace {

/// {"specs": {"operators", "histogram", "top": a specification each, without data}, "operators": its rows,
/// "before", "after": a list with an entry a column: {"edges", "counts"}, {"values", "counts"} or null}.
nlohmann::ordered_json report_charts(const nlohmann::ordered_json& run);

}  // namespace headrace
