// The figures of numbers: from a profile to values of the column's type.
#pragma once

#include "headrace/exec/statistics/column_figures.h"
#include "headrace/exec/statistics/number_profile.h"

namespace headrace {

/// Fills in all that numbers have. Bars of the histogram are equally wide, or one a value where integers reach over
/// few; there are none with infinite values.
void describe_numbers(const NumberProfile::Summary& numbers, const Type& type, ColumnFigures& figures);

}  // namespace headrace
