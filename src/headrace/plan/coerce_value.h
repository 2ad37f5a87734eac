// Values as files spell them, turned into values of a column's type: 0 for a float64, '2013-01-01' for a date.
#pragma once

#include <optional>

#include "headrace/column/value.h"

namespace headrace {

/// `value`, a bool, int64, float64 or string, as a value of `type`: integers become floats and decimals, floats
/// decimals they equal, strings dates, timestamps, decimals and binary. A value of `type` stays as it is. Empty when
/// `type` cannot hold it exactly (float32 takes the nearest), and for null.
std::optional<Value> coerce_value(const Value& value, const Type& type);

/// Whether a > b, for two values of one type; false when the type has no order here (bool, nested) or one is NaN.
bool is_greater(const Value& a, const Value& b);

}  // namespace headrace
