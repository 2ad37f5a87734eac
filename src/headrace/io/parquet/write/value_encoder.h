// The values of a leaf as the bytes of pages: one encoder a physical type, in int_encoder.cc and its neighbours.
//
//   integers   numbers of a small range by a dictionary of that range, whose indices need no look-up: RLE_DICTIONARY;
//              else DELTA_BINARY_PACKED, or PLAIN where values use all their bits
//   floats     RLE_DICTIONARY as long as a row group holds few distinct values, else PLAIN
//   booleans   RLE
//   texts      RLE_DICTIONARY as long as the dictionary stays small, else PLAIN
//
// The choice depends on the values alone, never on how they are cut into batches or stored in columns.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <parquet/types.h>

#include "headrace/io/parquet/write/growing_bytes.h"
#include "headrace/io/row_range.h"

namespace headrace {

/// The least and the greatest value of a row group, as PLAIN values; empty when there is none, or it is too long.
struct ValueBounds {
  std::optional<std::string> min;
  std::optional<std::string> max;
};

/// Used for one row group after another, by one thread.
class ValueEncoder {
 public:
  virtual ~ValueEncoder() = default;
  /// Begins a row group with all its rows, whose columns must stay until the next start().
  virtual void start(std::span<const RowRange> rows) = 0;
  /// Appends the values of the next rows, `value_count` that are not null, to a page, and returns how they are encoded.
  virtual parquet::Encoding::type put_page(std::span<const RowRange> rows, std::size_t value_count,
                                           GrowingBytes& page) = 0;
  /// Appends the dictionary that the pages so far refer to, and returns the number of its entries; 0: there is none.
  virtual std::size_t put_dictionary(GrowingBytes& page) = 0;
  /// Of all values so far.
  virtual ValueBounds bounds() const = 0;
};

std::unique_ptr<ValueEncoder> make_int32_encoder(const std::shared_ptr<MemoryBudget>& memory);
std::unique_ptr<ValueEncoder> make_int64_encoder(const std::shared_ptr<MemoryBudget>& memory);
std::unique_ptr<ValueEncoder> make_float32_encoder(const std::shared_ptr<MemoryBudget>& memory);
std::unique_ptr<ValueEncoder> make_float64_encoder(const std::shared_ptr<MemoryBudget>& memory);
std::unique_ptr<ValueEncoder> make_bool_encoder(const std::shared_ptr<MemoryBudget>& memory);
std::unique_ptr<ValueEncoder> make_text_encoder(const std::shared_ptr<MemoryBudget>& memory);

/// Appends a page of dictionary indices, all below `dictionary_size`: their width, then the hybrid.
void put_indices(std::span<const std::uint32_t> indices, std::size_t dictionary_size, GrowingBytes& page);

}  // namespace headrace
