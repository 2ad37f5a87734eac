// See column.h.
#include "headrace/column/column.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "headrace/base/error.h"

namespace headrace {

Column Column::fixed(Type type, std::int64_t length, std::shared_ptr<const Buffer> values,
                     std::shared_ptr<const Buffer> validity) {
  HEADRACE_CHECK(type.value_bytes() > 0);
  HEADRACE_CHECK(values->size_bytes() >= static_cast<std::size_t>(length) * type.value_bytes());
  Column column;
  column.type_ = std::move(type);
  column.length_ = length;
  column.values_ = values->data();
  column.values_owner_ = std::move(values);
  return column.with_validity(std::move(validity));
}

Column Column::binary(Type type, std::int64_t length, std::shared_ptr<const Buffer> offsets,
                      std::shared_ptr<const Buffer> bytes, std::shared_ptr<const Buffer> validity) {
  HEADRACE_CHECK(type.is_binary_like());
  HEADRACE_CHECK(offsets->size_bytes() >= static_cast<std::size_t>(length + 1) * sizeof(std::int32_t));
  Column column;
  column.type_ = std::move(type);
  column.length_ = length;
  column.offsets_ = reinterpret_cast<const std::int32_t*>(offsets->data());
  column.values_ = bytes->data();
  column.offsets_owner_ = std::move(offsets);
  column.values_owner_ = std::move(bytes);
  return column.with_validity(std::move(validity));
}

Column Column::list(Type type, std::int64_t length, std::shared_ptr<const Buffer> offsets, Column child,
                    std::shared_ptr<const Buffer> validity) {
  HEADRACE_CHECK(type.kind() == TypeKind::kList && child.type() == type.element());
  HEADRACE_CHECK(offsets->size_bytes() >= static_cast<std::size_t>(length + 1) * sizeof(std::int32_t));
  Column column;
  column.type_ = std::move(type);
  column.length_ = length;
  column.offsets_ = reinterpret_cast<const std::int32_t*>(offsets->data());
  column.offsets_owner_ = std::move(offsets);
  column.children_.push_back(std::move(child));
  return column.with_validity(std::move(validity));
}

Column Column::fixed_size_list(Type type, std::int64_t length, Column child, std::shared_ptr<const Buffer> validity) {
  HEADRACE_CHECK(type.kind() == TypeKind::kFixedSizeList && child.type() == type.element());
  HEADRACE_CHECK(child.length() == length * type.list_size());
  Column column;
  column.type_ = std::move(type);
  column.length_ = length;
  column.children_.push_back(std::move(child));
  return column.with_validity(std::move(validity));
}

Column Column::structure(Type type, std::int64_t length, std::vector<Column> children,
                         std::shared_ptr<const Buffer> validity) {
  HEADRACE_CHECK(type.kind() == TypeKind::kStruct && children.size() == type.fields().size());
  for (const Column& child : children) HEADRACE_CHECK(child.length() == length);
  Column column;
  column.type_ = std::move(type);
  column.length_ = length;
  column.children_ = std::move(children);
  return column.with_validity(std::move(validity));
}

Column Column::dictionary(std::int64_t length, std::shared_ptr<const Buffer> codes,
                          std::shared_ptr<const Column> values) {
  HEADRACE_CHECK(codes->size_bytes() >= static_cast<std::size_t>(length) * sizeof(std::int32_t));
  Column column;
  column.type_ = values->type();
  column.length_ = length;
  column.codes_ = reinterpret_cast<const std::int32_t*>(codes->data());
  column.values_owner_ = std::move(codes);
  column.dictionary_ = std::move(values);
  return column;
}

Column Column::dictionary(const Column& coded, std::shared_ptr<const Column> values) {
  HEADRACE_CHECK(coded.dictionary_ != nullptr && values->length() >= coded.dictionary_->length());
  Column column = coded;
  column.type_ = values->type();
  column.dictionary_ = std::move(values);
  return column;
}

Column Column::nulls(MemoryBudget& memory, const Type& type, std::int64_t length) {
  auto zeros = [&](std::size_t size_bytes) {
    std::shared_ptr<Buffer> buffer = Buffer::allocate(memory, size_bytes);
    std::memset(buffer->mutable_data(), 0, size_bytes);
    return buffer;
  };
  std::size_t rows = static_cast<std::size_t>(length);
  std::shared_ptr<const Buffer> validity = zeros(rows);
  switch (type.kind()) {
    case TypeKind::kString:
    case TypeKind::kBinary: return binary(type, length, zeros((rows + 1) * sizeof(std::int32_t)), zeros(0), validity);
    case TypeKind::kList:
      return list(type, length, zeros((rows + 1) * sizeof(std::int32_t)), nulls(memory, type.element(), 0), validity);
    case TypeKind::kFixedSizeList:
      return fixed_size_list(type, length, nulls(memory, type.element(), length * type.list_size()), validity);
    case TypeKind::kStruct: {
      std::vector<Column> children;
      for (const Field& field : type.fields()) children.push_back(nulls(memory, field.type, length));
      return structure(type, length, std::move(children), validity);
    }
    case TypeKind::kNull: {
      Column column;
      column.length_ = length;
      return column.with_validity(validity);
    }
    default: return fixed(type, length, zeros(rows * type.value_bytes()), validity);
  }
}

std::int64_t Column::null_count() const {
  if (dictionary_ != nullptr) {
    std::int64_t count = 0;
    if (!dictionary_->is_dictionary() && dictionary_->validity_ == nullptr) {
      for (std::int64_t row = 0; row < length_; ++row) count += codes_[row] < 0 ? 1 : 0;
    } else {
      for (std::int64_t row = 0; row < length_; ++row) count += is_null(row) ? 1 : 0;
    }
    return count;
  }
  if (validity_ == nullptr) return 0;
  return std::count(validity_, validity_ + length_, std::uint8_t{0});
}

Column Column::slice(std::int64_t offset, std::int64_t length) const {
  HEADRACE_CHECK(offset >= 0 && length >= 0 && offset + length <= length_);
  Column column = *this;
  column.length_ = length;
  if (dictionary_ != nullptr) {
    column.codes_ += offset;
    return column;
  }
  if (validity_ != nullptr) column.validity_ += offset;
  if (offsets_ != nullptr) {
    column.offsets_ += offset;
  } else if (values_ != nullptr) {
    column.values_ += static_cast<std::size_t>(offset) * type_.value_bytes();
  }
  if (type_.kind() == TypeKind::kFixedSizeList) {
    column.children_[0] = children_[0].slice(offset * type_.list_size(), length * type_.list_size());
  }
  if (type_.kind() == TypeKind::kStruct) {
    for (Column& child : column.children_) child = child.slice(offset, length);
  }
  return column;
}

Column Column::with_type(Type type) const {
  HEADRACE_CHECK(type.value_bytes() == type_.value_bytes() && type.is_binary_like() == type_.is_binary_like());
  Column column = *this;
  if (dictionary_ != nullptr) column.dictionary_ = std::make_shared<const Column>(dictionary_->with_type(type));
  column.type_ = std::move(type);
  return column;
}

Column Column::with_validity(std::shared_ptr<const Buffer> validity) const {
  require_plain();
  Column column = *this;
  column.validity_ = nullptr;
  if (validity) {
    HEADRACE_CHECK(validity->size_bytes() >= static_cast<std::size_t>(length_));
    column.validity_ = reinterpret_cast<const std::uint8_t*>(validity->data());
  }
  column.validity_owner_ = std::move(validity);
  return column;
}

std::size_t Column::data_bytes() const {
  std::size_t rows = static_cast<std::size_t>(length_);
  if (dictionary_ != nullptr) return rows * sizeof(std::int32_t);
  std::size_t total = rows * type_.value_bytes();
  if (validity_ != nullptr) total += rows;
  if (offsets_ != nullptr) total += (rows + 1) * sizeof(std::int32_t);
  if (type_.is_binary_like()) total += static_cast<std::size_t>(offsets_[length_] - offsets_[0]);
  if (type_.kind() == TypeKind::kList) {
    return total + children_[0].slice(offsets_[0], offsets_[length_] - offsets_[0]).data_bytes();
  }
  for (const Column& child : children_) total += child.data_bytes();
  return total;
}

Batch Batch::slice(std::int64_t offset, std::int64_t length) const {
  Batch batch{schema, {}, length};
  batch.columns.reserve(columns.size());
  for (const Column& column : columns) batch.columns.push_back(column.slice(offset, length));
  return batch;
}

std::size_t Batch::data_bytes() const {
  std::size_t total = 0;
  for (const Column& column : columns) total += column.data_bytes();
  return total;
}

}  // namespace headrace
