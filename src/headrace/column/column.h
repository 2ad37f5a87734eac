// Columns and batches: immutable values in memory.
//
// Layout of a column of n rows:
//   validity   n bytes, 1 = valid, 0 = null; absent when no value is null
//   values     n × Type::value_bytes() for fixed-width types; the bytes of string and binary
//   offsets    n + 1 int32 for string, binary, list; offsets[i] … offsets[i+1] are row i's bytes or child rows
//   children   list: one; fixed_size_list: one with n × list_size rows; struct: one a field with n rows
//
//   dictionary instead of all that, for any type: n int32 codes, row i being row codes[i] of a shared column of values,
//              or null where its code is negative
//
// The dictionary layout is how columns travel that repeat: strings of a Parquet dictionary page, the columns that a
// join takes from its right side. type() is that of the values; a value may be null, or coded itself. What works on
// values either asks is_dictionary() first or flattens (kernel/gather.h): the accessors of the plain layout refuse such
// a column.
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

#include "headrace/base/error.h"
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
  /// A column in dictionary layout: `length` int32 codes below values->length(), negative for null.
  static Column dictionary(std::int64_t length, std::shared_ptr<const Buffer> codes,
                           std::shared_ptr<const Column> values);
  /// A column with the codes of `coded`, a dictionary column, for other values: at least as many as its own.
  static Column dictionary(const Column& coded, std::shared_ptr<const Column> values);
  /// A column of `length` nulls of any type.
  static Column nulls(MemoryBudget& memory, const Type& type, std::int64_t length);

  const Type& type() const { return type_; }
  std::int64_t length() const { return length_; }

  /// The validity bytes of the rows, or nullptr when no row is null. Requires: plain layout.
  const std::uint8_t* validity() const {
    require_plain();
    return validity_;
  }
  bool is_null(std::int64_t row) const {
    if (dictionary_ != nullptr) return codes_[row] < 0 || dictionary_->is_null(codes_[row]);
    return validity_ != nullptr && validity_[row] == 0;
  }
  std::int64_t null_count() const;

  /// The values of a fixed-width column, T being its storage: std::uint8_t for bool, Int128 for decimal.
  template <typename T>
  std::span<const T> values() const {
    require_plain();
    return {reinterpret_cast<const T*>(values_), static_cast<std::size_t>(length_)};
  }
  /// Raw start of the fixed-width values.
  const std::byte* raw_values() const {
    require_plain();
    return values_;
  }

  /// length + 1 offsets of a string, binary or list column, absolute into bytes() or the child.
  std::span<const std::int32_t> offsets() const {
    require_plain();
    return {offsets_, offsets_ == nullptr ? 0 : static_cast<std::size_t>(length_) + 1};
  }
  /// Start of the bytes that offsets() of a string or binary column point into.
  const char* bytes() const { return reinterpret_cast<const char*>(values_); }
  std::string_view string_at(std::int64_t row) const {
    if (dictionary_ != nullptr) return codes_[row] < 0 ? std::string_view() : dictionary_->string_at(codes_[row]);
    return {bytes() + offsets_[row], static_cast<std::size_t>(offsets_[row + 1] - offsets_[row])};
  }
  const std::vector<Column>& children() const {
    require_plain();
    return children_;
  }
  const Column& child(std::size_t index) const { return children_[index]; }

  bool is_dictionary() const { return dictionary_ != nullptr; }
  /// The codes of a dictionary column, and the values that they stand for. Two columns with the same codes buffer at
  /// the same place and dictionaries of equal length can be worked on code by code.
  std::span<const std::int32_t> codes() const { return {codes_, static_cast<std::size_t>(length_)}; }
  const std::shared_ptr<const Column>& dictionary() const { return dictionary_; }
  const std::shared_ptr<const Buffer>& codes_buffer() const { return values_owner_; }

  /// Rows [offset, offset + length) without a copy.
  Column slice(std::int64_t offset, std::int64_t length) const;
  /// The same rows seen as another type of the same storage (int64 as timestamp, int32 as date).
  Column with_type(Type type) const;
  /// The same rows without their validity: for kernels that have dealt with nulls already.
  Column with_validity(std::shared_ptr<const Buffer> validity) const;

  /// Bytes that the rows themselves take (not those of a larger buffer they are a slice of); of a dictionary column its
  /// codes only, since the values are shared.
  std::size_t data_bytes() const;

  const std::shared_ptr<const Buffer>& values_buffer() const { return values_owner_; }
  const std::shared_ptr<const Buffer>& validity_buffer() const { return validity_owner_; }
  const std::shared_ptr<const Buffer>& offsets_buffer() const { return offsets_owner_; }

 private:
  void require_plain() const { HEADRACE_CHECK(dictionary_ == nullptr); }

  Type type_;
  std::int64_t length_ = 0;
  const std::uint8_t* validity_ = nullptr;
  const std::byte* values_ = nullptr;
  const std::int32_t* offsets_ = nullptr;
  const std::int32_t* codes_ = nullptr;
  std::shared_ptr<const Buffer> validity_owner_;
  std::shared_ptr<const Buffer> values_owner_;
  std::shared_ptr<const Buffer> offsets_owner_;
  std::vector<Column> children_;
  std::shared_ptr<const Column> dictionary_;
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
