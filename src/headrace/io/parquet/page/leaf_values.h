// Decodes the values of a leaf column's pages into columns.
//
// A page reader walks through pages and levels (flat_reader.h, list_reader.h) and tells a LeafValues how many values
// follow and which of them are null; it knows the encodings of its type and builds the column. One page at a time:
//
//   dictionary(page)?   start_page(page)   append(…) …   end_page()   start_page(page) …
//   begin(…)            append(…) …                                                         finish()
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "headrace/column/column.h"
#include "headrace/io/parquet/page/chunk_pages.h"
#include "headrace/io/parquet/page/column_pool.h"

namespace headrace {

class LeafValues {
 public:
  virtual ~LeafValues() = default;
  /// Takes the dictionary of the chunk; copies what it needs.
  virtual void dictionary(const Page& page) = 0;
  /// The values of a data page are next. Throws PageUnsupported for an encoding that is not decoded here.
  virtual void start_page(const Page& page) = 0;
  /// Throws PageError unless all values of the page have been used.
  virtual void end_page() = 0;
  /// Starts a column of `capacity` rows; it may become longer.
  virtual void begin(std::int64_t capacity) = 0;
  /// Appends `count` rows, `valid_count` of which have their value on the page; `validity` (a byte a row) shows which,
  /// and may be nullptr when all have.
  virtual void append(std::int64_t count, const std::uint8_t* validity, std::int64_t valid_count) = 0;
  /// The column, with the validity of all its rows, or nullptr.
  virtual Column finish(std::shared_ptr<const Buffer> validity) = 0;
};

/// How the physical values of a leaf become those of its type.
enum class LeafForm {
  kBool,
  kInt8,          // int32 cut to 8 bits, as their writers mean it
  kInt16,         // int32 cut to 16 bits
  kInt32,         // also dates
  kInt64,         // also timestamps in µs
  kMilliseconds,  // int64, times 1000
  kNanoseconds,   // int64, by 1000, which must leave no rest
  kFloat32,
  kFloat64,
  kText,  // string, binary
};

/// The values of a form as a column of `type`. They come out as a dictionary column where pages are so, unless
/// `is_plain`. Buffers come from `pool`, if there is one.
std::unique_ptr<LeafValues> make_leaf_values(LeafForm form, const Type& type, bool is_plain, MemoryBudget& memory,
                                             ColumnPool* pool = nullptr);

/// Told of a text that is no valid UTF-8.
using BadText = std::function<void(std::int64_t row, std::string_view text)>;

/// Texts as an int64 column of their hashes (hash_bytes() of kernel/hash.h; kNullHash for null, never null itself).
/// `on_bad_text` hears of texts that are no UTF-8, with the row in the column; they hash as null. Empty: all are taken.
std::unique_ptr<LeafValues> make_text_hashes(BadText on_bad_text, MemoryBudget& memory);

}  // namespace headrace
