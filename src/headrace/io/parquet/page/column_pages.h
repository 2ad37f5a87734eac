// Reads the rows of a column chunk from its pages.
#pragma once

#include <cstdint>
#include <memory>

#include "headrace/column/column.h"
#include "headrace/io/parquet/page/chunk_pages.h"
#include "headrace/io/parquet/page/leaf_values.h"

namespace headrace {

/// The rows of one column chunk, in order. All functions throw PageError for damaged pages, and PageUnsupported for
/// pages that Arrow's reader may know.
class ColumnPages {
 public:
  virtual ~ColumnPages() = default;
  /// The next `row_count` rows (1 or more).
  virtual Column read(std::int64_t row_count) = 0;
  /// Throws PageError unless the rows read so far are all that the chunk holds.
  virtual void check_ended() = 0;
  virtual std::int64_t bytes_read() const = 0;
};

/// A column of single values; nullable where the chunk has definition levels.
std::unique_ptr<ColumnPages> make_flat_pages(std::unique_ptr<ChunkPages> pages, std::unique_ptr<LeafValues> values,
                                             MemoryBudget& memory);

/// A column of lists of single values. `elements` decodes the elements; the chunk has definition levels up to 1, and
/// one more for each of: lists may be null, elements may be null.
std::unique_ptr<ColumnPages> make_list_pages(std::unique_ptr<ChunkPages> pages, std::unique_ptr<LeafValues> elements,
                                             const Type& type, bool lists_nullable, bool elements_nullable,
                                             MemoryBudget& memory);

/// The same for lists of one size: `type` is a fixed_size_list. A list of another size is a PageError.
std::unique_ptr<ColumnPages> make_fixed_list_pages(std::unique_ptr<ChunkPages> pages,
                                                   std::unique_ptr<LeafValues> elements, const Type& type,
                                                   bool lists_nullable, bool elements_nullable, MemoryBudget& memory);

}  // namespace headrace
