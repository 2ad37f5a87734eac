// Columns and batches: immutable values in memory.
//
// Layout of a column of n rows:
//   validity   n bytes, 1 = valid, 0 = null; absent when no value is null
//   values     n × Type::value_bytes() for fixed-width types; the bytes of string and binary
//   offsets    n + 1 int32 for string, binary, list; offsets[i] … offsets[i+1] are row i's bytes or child rows
//   children   list: one; fixed_size_list: one with n × list_size rows; struct: one a field with n rows
//
// Everything is as in Arrow but two things: validity and bool take a byte a value instead of a bit, which makes every
// kernel a plain loop that compilers vectorise and lets slices start anywhere (docs/decisions/). The slot under a null
// holds zero, or no bytes. A column is cheap to copy and to slice; it shares its buffers.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "headrace/column/buffer.h"
#include "headrace/column/type.h"

namespace headrace {

/// A 128-bit decimal's unscaled value; the storage of decimal columns.
__extension__ typedef __int128 Int128;

class Column {
 public:
  Column() = default;

  /// A fixed-width column. `values` holds length × type.value_bytes() bytes, `validity` length bytes or nothing.
  static Column fixed(Type type, std::int64_t length, std::shared_ptr<const Buffer> values,
                      std::shared_ptr<const Buffer> validity = nullptr);
  /// A string or binary column.
  static Column binary(Type type, std::int64_t length, std::shared_ptr<const Buffer> offsets,
                       std::shared_ptr<const Buffer> bytes, std::shared_ptr<const Buffer> validity = nullptr);
  static Column list(Type type, std::int64_t length, std::shared_ptr<const Buffer> offsets, Column child,
                     std::shared_ptr<const Buffer> validity = nullptr);
  static Column fixed_size_list(Type type, std::int64_t length, Column child,
                                std::shared_ptr<const Buffer> validity = nullptr);
  static Column structure(Type type, std::int64_t length, std::vector<Column> children,
                          std::shared_ptr<const Buffer> validity = nullptr);
  /// A column of `length` nulls of any type.
  static Column nulls(MemoryBudget& memory, const Type& type, std::int64_t length);

  const Type& type() const { return type_; }
  std::int64_t length() const { return length_; }

  /// The validity bytes of the rows, or nullptr when no row is null.
  const std::uint8_t* validity() const { return validity_; }
  bool is_null(std::int64_t row) const { return validity_ != nullptr && validity_[row] == 0; }
  std::int64_t null_count() const;

  /// The values of a fixed-width column, T being its storage: std::uint8_t for bool, Int128 for decimal.
  template <typename T>
  std::span<const T> values() const {
    return {reinterpret_cast<const T*>(values_), static_cast<std::size_t>(length_)};
  }
  /// Raw start of the fixed-width values.
  const std::byte* raw_values() const { return values_; }

  /// length + 1 offsets of a string, binary or list column, absolute into bytes() or the child.
  std::span<const std::int32_t> offsets() const {
    return {offsets_, offsets_ == nullptr ? 0 : static_cast<std::size_t>(length_) + 1};
  }
  /// Start of the bytes that offsets() of a string or binary column point into.
  const char* bytes() const { return reinterpret_cast<const char*>(values_); }
  std::string_view string_at(std::int64_t row) const {
    return {bytes() + offsets_[row], static_cast<std::size_t>(offsets_[row + 1] - offsets_[row])};
  }
  const std::vector<Column>& children() const { return children_; }
  const Column& child(std::size_t index) const { return children_[index]; }

  /// Rows [offset, offset + length) without a copy.
  Column slice(std::int64_t offset, std::int64_t length) const;
  /// The same rows seen as another type of the same storage (int64 as timestamp, int32 as date).
  Column with_type(Type type) const;
  /// The same rows without their validity: for kernels that have dealt with nulls already.
  Column with_validity(std::shared_ptr<const Buffer> validity) const;

  /// Bytes that the rows themselves take (not those of a larger buffer they are a slice of).
  std::size_t data_bytes() const;

  const std::shared_ptr<const Buffer>& values_buffer() const { return values_owner_; }
  const std::shared_ptr<const Buffer>& validity_buffer() const { return validity_owner_; }
  const std::shared_ptr<const Buffer>& offsets_buffer() const { return offsets_owner_; }

 private:
  Type type_;
  std::int64_t length_ = 0;
  const std::uint8_t* validity_ = nullptr;
  const std::byte* values_ = nullptr;
  const std::int32_t* offsets_ = nullptr;
  std::shared_ptr<const Buffer> validity_owner_;
  std::shared_ptr<const Buffer> values_owner_;
  std::shared_ptr<const Buffer> offsets_owner_;
  std::vector<Column> children_;
};

/// Rows of several columns of one schema; at most kBatchRowsMax of them inside the engine. Cheap to copy.
struct Batch {
  std::shared_ptr<const Schema> schema;
  std::vector<Column> columns;
  std::int64_t row_count = 0;

  const Column& column(std::size_t index) const { return columns[index]; }
  Batch slice(std::int64_t offset, std::int64_t length) const;
  std::size_t data_bytes() const;
};

/// The most rows that one batch of the engine holds.
constexpr std::int64_t kBatchRowsMax = 16384;

/// Batches one after another, made on demand.
class BatchStream {
 public:
  virtual ~BatchStream() = default;
  virtual const std::shared_ptr<const Schema>& schema() const = 0;
  /// Puts the next rows into `batch` and returns true, or returns false at the end.
  virtual bool next(Batch& batch) = 0;
};

}  // namespace headrace
