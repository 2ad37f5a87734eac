// Columns to Arrow arrays. See arrow.h.
#include <cstring>

#include <arrow/array.h>
#include <arrow/array/data.h>
#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "headrace/base/error.h"
#include "headrace/column/arrow.h"

namespace headrace {
namespace {

/// Bytes of ours as a buffer of Arrow's.
class SharedBuffer final : public arrow::Buffer {
 public:
  SharedBuffer(const void* data, std::int64_t size_bytes, std::shared_ptr<const headrace::Buffer> owner)
      : arrow::Buffer(static_cast<const std::uint8_t*>(data), size_bytes), owner_(std::move(owner)) {}

 private:
  std::shared_ptr<const headrace::Buffer> owner_;
};

std::shared_ptr<arrow::Buffer> share(const void* data, std::int64_t size_bytes,
                                     std::shared_ptr<const headrace::Buffer> owner) {
  return std::make_shared<SharedBuffer>(data, size_bytes, std::move(owner));
}

/// Bytes 0 and 1 to bits, least significant first, zeros behind the last.
std::shared_ptr<arrow::Buffer> pack_bits(const std::uint8_t* bytes, std::int64_t length, MemoryBudget& memory) {
  std::int64_t size_bytes = (length + 7) / 8;
  std::shared_ptr<Buffer> bits = Buffer::allocate(memory, static_cast<std::size_t>(size_bytes));
  std::uint8_t* out = bits->mutable_as<std::uint8_t>();
  std::int64_t row = 0;
  for (; row + 8 <= length; row += 8) {
    std::uint64_t eight;
    std::memcpy(&eight, bytes + row, 8);
    // Moves bit 0 of byte i to bit 56 + i; no two products meet in a bit, so nothing carries.
    *out++ = static_cast<std::uint8_t>((eight * 0x0102040810204080) >> 56);
  }
  if (row < length) *out = 0;
  for (int i = 0; row < length; ++row, ++i) *out = static_cast<std::uint8_t>(*out | (bytes[row] << i));
  const std::byte* data = bits->data();
  return share(data, size_bytes, std::move(bits));
}

std::shared_ptr<arrow::ArrayData> to_array_data(const Column& column, MemoryBudget& memory) {
  std::shared_ptr<arrow::DataType> type = to_arrow_type(column.type());
  std::int64_t length = column.length();
  std::int64_t null_count = column.null_count();
  std::shared_ptr<arrow::Buffer> validity;
  if (null_count > 0) validity = pack_bits(column.validity(), length, memory);
  auto make = [&](arrow::BufferVector buffers, std::vector<std::shared_ptr<arrow::ArrayData>> children = {}) {
    return arrow::ArrayData::Make(type, length, std::move(buffers), std::move(children), null_count);
  };
  auto offsets = [&] {
    std::int64_t size_bytes = (length + 1) * static_cast<std::int64_t>(sizeof(std::int32_t));
    return share(column.offsets().data(), size_bytes, column.offsets_buffer());
  };
  switch (column.type().kind()) {
    case TypeKind::kNull: return arrow::ArrayData::Make(type, length, {nullptr}, length);
    case TypeKind::kBool: {
      const std::uint8_t* values = reinterpret_cast<const std::uint8_t*>(column.raw_values());
      return make({validity, pack_bits(values, length, memory)});
    }
    case TypeKind::kString:
    case TypeKind::kBinary: {
      std::int64_t bytes = column.offsets()[static_cast<std::size_t>(length)];
      return make({validity, offsets(), share(column.bytes(), bytes, column.values_buffer())});
    }
    case TypeKind::kList: return make({validity, offsets()}, {to_array_data(column.child(0), memory)});
    case TypeKind::kFixedSizeList: return make({validity}, {to_array_data(column.child(0), memory)});
    case TypeKind::kStruct: {
      std::vector<std::shared_ptr<arrow::ArrayData>> children;
      for (const Column& child : column.children()) children.push_back(to_array_data(child, memory));
      return make({validity}, std::move(children));
    }
    default: {
      std::int64_t size_bytes = length * static_cast<std::int64_t>(column.type().value_bytes());
      return make({validity, share(column.raw_values(), size_bytes, column.values_buffer())});
    }
  }
}

}  // namespace

std::shared_ptr<arrow::Array> to_arrow(const Column& column, MemoryBudget& memory) {
  return arrow::MakeArray(to_array_data(column, memory));
}

std::shared_ptr<arrow::RecordBatch> to_arrow(const Batch& batch, MemoryBudget& memory) {
  arrow::ArrayVector arrays;
  for (const Column& column : batch.columns) arrays.push_back(to_arrow(column, memory));
  return arrow::RecordBatch::Make(to_arrow_schema(*batch.schema), batch.row_count, std::move(arrays));
}

}  // namespace headrace
