// What the least and the greatest of some values tell of a scan bound.
#pragma once

#include "headrace/column/type.h"
#include "headrace/column/value.h"
#include "headrace/io/source.h"

namespace headrace {

/// Whether values of `type` compare with the value of a bound.
bool is_comparable(const Value& bound, const Type& type);
/// Whether no value from `min` to `max` passes `bound`; of floats, there may be NaN beside them. Requires:
/// is_comparable(), or a bound of kIsNotNull, which all values pass.
bool is_outside(const Value& min, const Value& max, const ScanBound& bound);

}  // namespace headrace
