// Columns as bytes of a block stream and back.
//
//   column         how it is laid out (1 byte), then
//   plain          with nulls the validity; values, or lengths and bytes, or lengths and child, or children
//   dictionary     codes; the dictionary itself is written once, elsewhere
//   shared codes   the index of an earlier column of the batch (uint16), a dictionary column with the same codes
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "headrace/column/column.h"
#include "headrace/exec/spill/block_stream.h"

namespace headrace {

/// Writes the rows of `columns` (of slices: only those).
void write_columns(BlockWriter& out, std::span<const Column> columns);

/// Reads what write_columns() wrote: columns of `length` rows of `types`. `dictionaries` are those of the columns that
/// have one, in the order of for_each_dictionary(). Columns that shared their codes do so again.
std::vector<Column> read_columns(BlockReader& in, std::span<const Type> types, std::int64_t length,
                                 std::span<const std::shared_ptr<const Column>> dictionaries, MemoryBudget& memory);

/// Calls `visit` with the dictionary of `column` or, if it has none, of the columns below it.
void for_each_dictionary(const Column& column, const std::function<void(const std::shared_ptr<const Column>&)>& visit);

}  // namespace headrace
