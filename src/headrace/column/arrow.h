// Arrow in and out.
//
// Columns have Arrow's layout but for validity and bool (column.h), so most buffers change hands without a copy: they
// are wrapped, and each side keeps the other's owner alive. What is converted on the way in:
//
//   bool, validity bitmaps            bits to bytes, and back on the way out
//   values under nulls                zeroed, which copies a fixed-width column that holds nulls
//   uint8 uint16 uint32 uint64        int16 int32 int64 decimal(20, 0)
//   float16                           float32
//   date64, timestamps in s, ms, ns   date, µs; nanoseconds that are no whole microsecond are an error
//   decimal32 decimal64 decimal256    decimal of the same precision and scale, up to 38 digits
//   large, view and fixed-size forms  string, binary, list
//   dictionary, extension, map        their values, their storage, list<struct<key, value>>
//
// Arrow's own headers stay out of this one: only sources of column/ and io/ see them.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "headrace/column/column.h"

namespace arrow {
class Array;
class DataType;
class MemoryPool;
class RecordBatch;
template <typename T>
class Result;
class Schema;
class Status;
}  // namespace arrow

namespace headrace {

/// Throws the Error that `status` stands for unless it is OK: kOutOfMemory, kCancelled, kUnsupported, kIo, or kBadData
/// for all that means malformed input. `what` opens the message: "cannot read data/a.parquet".
void unwrap(const arrow::Status& status, std::string_view what);

/// The value of `result`, or an Error as above.
template <typename T>
T unwrap(arrow::Result<T> result, std::string_view what) {
  unwrap(result.status(), what);
  return std::move(result).ValueUnsafe();
}

/// A pool whose allocations are charged to `memory` first; a refused one becomes Error(kOutOfMemory) in unwrap().
/// Whatever holds memory of the pool must keep the pool alive: pass it as `owner` below.
std::shared_ptr<arrow::MemoryPool> arrow_pool(std::shared_ptr<MemoryBudget> memory);

/// The type that an Arrow type is read as (table above); empty when there is none.
std::optional<Type> from_arrow_type(const arrow::DataType& type);
std::shared_ptr<arrow::DataType> to_arrow_type(const Type& type);

/// Throws Error(kUnsupported) naming the column when a type has no counterpart.
Schema from_arrow_schema(const arrow::Schema& schema);
std::shared_ptr<arrow::Schema> to_arrow_schema(const Schema& schema);

/// `array` as a column named `name` (for messages). Requires: the array is valid; ValidateFull() comes first for bytes
/// from outside. `owner` is kept as long as the column shares memory with the array. Throws Error(kBadData) when a
/// value has no exact counterpart, Error(kUnsupported) when its type has none or 32-bit offsets do not reach.
Column from_arrow(const arrow::Array& array, std::string_view name, MemoryBudget& memory,
                  const std::shared_ptr<const void>& owner = nullptr);
Batch from_arrow(const arrow::RecordBatch& batch, MemoryBudget& memory,
                 const std::shared_ptr<const void>& owner = nullptr);

/// `column` as an Arrow array of to_arrow_type(column.type()). Never fails but for memory.
std::shared_ptr<arrow::Array> to_arrow(const Column& column, MemoryBudget& memory);
std::shared_ptr<arrow::RecordBatch> to_arrow(const Batch& batch, MemoryBudget& memory);

}  // namespace headrace
