// Columns as bytes of a block stream and back.
//
//   column       flags (1 byte: 1 has nulls, 2 is a dictionary's codes), validity, then by layout
//   fixed        values
//   binary       lengths, bytes
//   list         lengths, child;  other nested types: children
//   dictionary   codes; the dictionary itself is written once, elsewhere
#pragma once

#include <functional>
#include <memory>

#include "headrace/column/column.h"
#include "headrace/exec/spill/block_stream.h"

namespace headrace {

/// Writes the rows of `column` (of a slice: only those).
void write_column(BlockWriter& out, const Column& column);

/// The next column of the stream: `length` rows of `type`. `next_dictionary` gives the dictionaries of the columns that
/// have one, in the order of for_each_dictionary().
Column read_column(BlockReader& in, const Type& type, std::int64_t length, MemoryBudget& memory,
                   const std::function<std::shared_ptr<const Column>()>& next_dictionary);

/// Calls `visit` with the dictionary of `column` or, if it has none, of the columns below it.
void for_each_dictionary(const Column& column, const std::function<void(const std::shared_ptr<const Column>&)>& visit);

}  // namespace headrace
