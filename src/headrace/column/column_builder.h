// Builds columns row by row, or by whole buffers.
//
// ColumnBuilder appends scalars of one type and finishes into a Column; it grows by doubling, charging the budget
// first. Hot paths that know their size allocate buffers directly and use the Column::fixed / binary factories.
#pragma once

#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "headrace/column/column.h"

namespace headrace {

/// A growing array charged to a budget; take() shrinks nothing and hands the buffer over.
class BufferBuilder {
 public:
  explicit BufferBuilder(MemoryBudget& memory) : memory_(&memory) {}

  void reserve(std::size_t additional_bytes) {
    if (size_bytes_ + additional_bytes > capacity_bytes_) grow(additional_bytes);
  }
  void append(const void* data, std::size_t data_bytes) {
    reserve(data_bytes);
    if (data_bytes > 0) std::memcpy(start_ + size_bytes_, data, data_bytes);
    size_bytes_ += data_bytes;
  }
  template <typename T>
  void append_value(T value) {
    append(&value, sizeof(T));
  }
  void append_fill(std::uint8_t byte, std::size_t count);
  /// Cuts back to `size_bytes`, or grows to it into what was reserved and has been written there.
  void resize(std::size_t size_bytes) { size_bytes_ = size_bytes; }

  std::byte* data() { return start_; }
  std::size_t size_bytes() const { return size_bytes_; }
  /// Hands the bytes over and starts empty again.
  std::shared_ptr<Buffer> take();

 private:
  void grow(std::size_t additional_bytes);

  MemoryBudget* memory_;
  std::shared_ptr<Buffer> buffer_;
  std::byte* start_ = nullptr;
  std::size_t size_bytes_ = 0;
  std::size_t capacity_bytes_ = 0;
};

class ColumnBuilder {
 public:
  ColumnBuilder(MemoryBudget& memory, Type type);

  const Type& type() const { return type_; }
  std::int64_t length() const { return length_; }

  void append_null();
  /// Appends a fixed-width value; T is the storage of the type (std::uint8_t for bool).
  template <typename T>
  void append(T value) {
    append_validity(true);
    values_.append_value(value);
  }
  void append_string(std::string_view value);
  /// Ends one list row: all child rows appended to child(0) since the last call are its elements.
  void append_list_end();
  /// Ends one valid struct or fixed_size_list row, whose children have been appended already.
  void append_struct_end();
  ColumnBuilder& child(std::size_t index) { return *children_[index]; }

  /// Appends row `row` of `column`, which has the same type.
  void append_from(const Column& column, std::int64_t row);

  /// Hands the column over and starts empty again. Validity is left out when nothing was null.
  Column finish();

 private:
  void append_validity(bool valid);

  MemoryBudget* memory_;
  Type type_;
  std::int64_t length_ = 0;
  std::int64_t null_count_ = 0;
  BufferBuilder validity_;
  BufferBuilder values_;
  BufferBuilder offsets_;
  std::vector<std::unique_ptr<ColumnBuilder>> children_;
};

}  // namespace headrace
