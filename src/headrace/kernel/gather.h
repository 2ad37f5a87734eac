// Picks and joins rows of columns into new columns.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "headrace/column/column.h"

namespace headrace {

/// A column whose row i is row rows[i] of `column`, or null where rows[i] is negative. Works for every type. The layout
/// stays: of a dictionary column the codes are picked.
Column gather(MemoryBudget& memory, const Column& column, std::span<const std::int32_t> rows);

/// A batch of the picked rows; negative numbers give rows of nulls. Columns that share their codes do so afterwards,
/// too.
Batch gather(MemoryBudget& memory, const Batch& batch, std::span<const std::int32_t> rows);

/// The rows of `column` in plain layout; the column itself when it is plain already.
Column flatten(MemoryBudget& memory, const Column& column);
Batch flatten(MemoryBudget& memory, const Batch& batch);

/// The rows of several columns of one type, one after another. At least one column. Dictionary columns stay so when
/// they share one dictionary, or when they are strings that repeat; else the result is plain.
/// Throws Error(kUnsupported) when strings or lists exceed what 32-bit offsets can address.
Column concat(MemoryBudget& memory, std::span<const Column> columns);

/// All rows of `batches` in one batch of `schema`.
Batch concat(MemoryBudget& memory, const std::shared_ptr<const Schema>& schema, std::span<const Batch> batches);

}  // namespace headrace
