// Single rows as Python dicts.
#pragma once

#include <memory>

#include <nanobind/nanobind.h>

#include "headrace/python/module.h"

namespace headrace {

/// A batch of one row: dict[name] for each column of `schema`; None is null, other keys are not looked at. Throws
/// Error(kNotFound) for a missing key, Error(kBadData) for a value that the column's type cannot hold.
Batch row_of_dict(const nanobind::dict& values, const std::shared_ptr<const Schema>& schema, MemoryBudget& memory);

/// The values of one row, by name of the column: bool, int, float, str, bytes, date, datetime, Decimal, list, dict,
/// None.
nanobind::dict dict_of_row(const Batch& batch, std::int64_t row);

}  // namespace headrace
