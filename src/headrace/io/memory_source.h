// Rows in memory as a source.
#pragma once

#include <memory>
#include <vector>

#include "headrace/io/source.h"

namespace headrace {

/// A source of `batches` of one schema, of any length each; they are shared, not copied. A bad row cannot occur.
std::unique_ptr<SourceReader> memory_source(std::shared_ptr<const Schema> schema, std::vector<Batch> batches,
                                            std::shared_ptr<MemoryBudget> memory);

}  // namespace headrace
