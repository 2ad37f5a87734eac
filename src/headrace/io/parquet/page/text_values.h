// Texts of pages as columns. See leaf_values.h.
#pragma once

#include <memory>

#include "headrace/io/parquet/page/leaf_values.h"

namespace headrace {

/// A string or binary column; a dictionary column for rows from pages of codes, unless `is_plain`.
std::unique_ptr<LeafValues> make_text_values(const Type& type, bool is_plain, MemoryBudget& memory);

}  // namespace headrace
