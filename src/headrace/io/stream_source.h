// Rows that are made while they are read, as a source.
#pragma once

#include <functional>
#include <memory>

#include "headrace/io/source.h"

namespace headrace {

/// A source of one split, whose rows `open` makes anew each time it is read; may be called from any thread. Columns are
/// found by name. A stream whose columns are of other types than `schema` says, or that holds nulls where it says there
/// are none, is an Error(kBadData).
std::unique_ptr<SourceReader> stream_source(Schema schema, std::function<std::unique_ptr<BatchStream>()> open,
                                            std::shared_ptr<MemoryBudget> memory);

}  // namespace headrace
