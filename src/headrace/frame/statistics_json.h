// Statistics of columns as run.json has them.
#pragma once

#include <nlohmann/json.hpp>

#include "headrace/exec/statistics/column_figures.h"

namespace headrace {

/// Numbers are exact: integers as they are, floats by digits that read back the same; infinities and NaN, dates and
/// times are texts.
nlohmann::ordered_json statistics_json(const TableFigures& table);

}  // namespace headrace
