// A total order of values of every type, for picking one row of many: no two values that differ in any bit are equal.
//
//   null                 before every value
//   bool, integers, decimals, dates, timestamps   by value
//   floats               by value, NaN the greatest; of equal ones (-0.0 and 0.0, different NaN) by their bits
//   string, binary       by bytes
//   list, fixed_size_list, struct                 part by part, then the shorter first
#pragma once

#include <compare>
#include <cstdint>

#include "headrace/column/column.h"

namespace headrace {

/// Whether floats that are equal to SQL (-0.0 and 0.0, all NaN) are equal here.
enum class FloatTies { kEqual, kByBits };

/// Compares row `row_a` of `a` with row `row_b` of `b`, which has the same type. Nulls come first and equal each other.
std::strong_ordering compare_rows(const Column& a, std::int64_t row_a, const Column& b, std::int64_t row_b,
                                  FloatTies float_ties);

}  // namespace headrace
