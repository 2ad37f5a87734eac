// See column_builder.h.
#include "headrace/column/column_builder.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "headrace/base/error.h"

namespace headrace {

void BufferBuilder::append_fill(std::uint8_t byte, std::size_t count) {
  reserve(count);
  if (count > 0) std::memset(start_ + size_bytes_, byte, count);
  size_bytes_ += count;
}

void BufferBuilder::grow(std::size_t additional_bytes) {
  std::size_t wanted = std::max({size_bytes_ + additional_bytes, capacity_bytes_ * 2, std::size_t{64}});
  std::shared_ptr<Buffer> larger = Buffer::allocate(*memory_, wanted);
  if (size_bytes_ > 0) std::memcpy(larger->mutable_data(), start_, size_bytes_);
  buffer_ = std::move(larger);
  start_ = buffer_->mutable_data();
  capacity_bytes_ = wanted;
}

std::shared_ptr<Buffer> BufferBuilder::take() {
  if (!buffer_) grow(0);
  start_ = nullptr;
  size_bytes_ = capacity_bytes_ = 0;
  return std::exchange(buffer_, nullptr);
}

ColumnBuilder::ColumnBuilder(MemoryBudget& memory, Type type)
    : memory_(&memory), type_(std::move(type)), validity_(memory), values_(memory), offsets_(memory) {
  for (const Field& field : type_.fields()) children_.push_back(std::make_unique<ColumnBuilder>(memory, field.type));
  bool has_offsets = type_.is_binary_like() || type_.kind() == TypeKind::kList;
  if (has_offsets) offsets_.append_value(std::int32_t{0});
}

void ColumnBuilder::append_validity(bool valid) {
  if (!valid && null_count_ == 0) validity_.append_fill(1, static_cast<std::size_t>(length_));
  if (!valid) ++null_count_;
  if (null_count_ > 0) validity_.append_value(static_cast<std::uint8_t>(valid ? 1 : 0));
  ++length_;
}

void ColumnBuilder::append_null() {
  append_validity(false);
  switch (type_.kind()) {
    case TypeKind::kString:
    case TypeKind::kBinary: offsets_.append_value(static_cast<std::int32_t>(values_.size_bytes())); break;
    case TypeKind::kList: offsets_.append_value(static_cast<std::int32_t>(children_[0]->length())); break;
    case TypeKind::kFixedSizeList:
      for (std::int32_t i = 0; i < type_.list_size(); ++i) children_[0]->append_null();
      break;
    case TypeKind::kStruct:
      for (auto& child : children_) child->append_null();
      break;
    default: values_.append_fill(0, type_.value_bytes()); break;
  }
}

void ColumnBuilder::append_string(std::string_view value) {
  append_validity(true);
  values_.append(value.data(), value.size());
  if (values_.size_bytes() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    throw Error(ErrorCode::kUnsupported, "a column of strings holds more than 2 GiB in one batch",
                "use smaller batches");
  }
  offsets_.append_value(static_cast<std::int32_t>(values_.size_bytes()));
}

void ColumnBuilder::append_list_end() {
  append_validity(true);
  offsets_.append_value(static_cast<std::int32_t>(children_[0]->length()));
}

void ColumnBuilder::append_struct_end() { append_validity(true); }

void ColumnBuilder::append_from(const Column& column, std::int64_t row) {
  if (column.is_null(row)) return append_null();
  if (column.is_dictionary()) return append_from(*column.dictionary(), column.codes()[static_cast<std::size_t>(row)]);
  switch (type_.kind()) {
    case TypeKind::kString:
    case TypeKind::kBinary: return append_string(column.string_at(row));
    case TypeKind::kList:
      for (std::int32_t i = column.offsets()[static_cast<std::size_t>(row)];
           i < column.offsets()[static_cast<std::size_t>(row) + 1]; ++i) {
        children_[0]->append_from(column.child(0), i);
      }
      return append_list_end();
    case TypeKind::kFixedSizeList:
      for (std::int64_t i = 0; i < type_.list_size(); ++i) {
        children_[0]->append_from(column.child(0), row * type_.list_size() + i);
      }
      return append_struct_end();
    case TypeKind::kStruct:
      for (std::size_t i = 0; i < children_.size(); ++i) children_[i]->append_from(column.child(i), row);
      return append_struct_end();
    default:
      append_validity(true);
      values_.append(column.raw_values() + static_cast<std::size_t>(row) * type_.value_bytes(), type_.value_bytes());
  }
}

Column ColumnBuilder::finish() {
  std::shared_ptr<const Buffer> validity;
  if (null_count_ > 0) validity = validity_.take();
  std::int64_t length = std::exchange(length_, 0);
  null_count_ = 0;
  std::vector<Column> children;
  for (auto& child : children_) children.push_back(child->finish());
  switch (type_.kind()) {
    case TypeKind::kNull: return Column::nulls(*memory_, type_, length);
    case TypeKind::kString:
    case TypeKind::kBinary: {
      Column column = Column::binary(type_, length, offsets_.take(), values_.take(), std::move(validity));
      offsets_.append_value(std::int32_t{0});
      return column;
    }
    case TypeKind::kList: {
      Column column = Column::list(type_, length, offsets_.take(), std::move(children[0]), std::move(validity));
      offsets_.append_value(std::int32_t{0});
      return column;
    }
    case TypeKind::kFixedSizeList:
      return Column::fixed_size_list(type_, length, std::move(children[0]), std::move(validity));
    case TypeKind::kStruct: return Column::structure(type_, length, std::move(children), std::move(validity));
    default: return Column::fixed(type_, length, values_.take(), std::move(validity));
  }
}

}  // namespace headrace
