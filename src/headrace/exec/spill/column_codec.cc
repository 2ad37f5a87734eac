// See column_codec.h.
#include "headrace/exec/spill/column_codec.h"

#include <utility>

#include "headrace/base/error.h"

namespace headrace {
namespace {

constexpr std::uint8_t kHasNulls = 1;
constexpr std::uint8_t kIsDictionary = 2;

std::shared_ptr<Buffer> read_buffer(BlockReader& in, std::size_t size_bytes, MemoryBudget& memory) {
  std::shared_ptr<Buffer> buffer = Buffer::allocate(memory, size_bytes);
  in.get_bytes({buffer->mutable_data(), size_bytes});
  return buffer;
}

std::shared_ptr<Buffer> read_offsets(BlockReader& in, std::int64_t length, MemoryBudget& memory) {
  std::size_t count = static_cast<std::size_t>(length) + 1;
  std::shared_ptr<Buffer> buffer = Buffer::allocate(memory, count * sizeof(std::int32_t));
  in.get_lengths({buffer->mutable_as<std::int32_t>(), count});
  return buffer;
}

std::int64_t last_of(const Buffer& offsets, std::int64_t length) {
  return reinterpret_cast<const std::int32_t*>(offsets.data())[length];
}

}  // namespace

void write_column(BlockWriter& out, const Column& column) {
  std::size_t length = static_cast<std::size_t>(column.length());
  bool is_dictionary = false;
  const std::uint8_t* validity = column.validity();
  out.put_byte(static_cast<std::uint8_t>((validity != nullptr ? kHasNulls : 0) | (is_dictionary ? kIsDictionary : 0)));
  if (validity != nullptr) out.put_bytes(std::as_bytes(std::span(validity, length)));
  std::size_t value_bytes = column.type().value_bytes();
  if (value_bytes > 0) return out.put_bytes({column.raw_values(), length * value_bytes});
  if (std::span<const std::int32_t> offsets = column.offsets(); !offsets.empty()) {
    out.put_lengths(offsets);
    std::int32_t size = offsets.back() - offsets.front();
    if (column.type().kind() == TypeKind::kList) return write_column(out, column.child(0).slice(offsets[0], size));
    return out.put_bytes(std::as_bytes(std::span(column.bytes() + offsets[0], static_cast<std::size_t>(size))));
  }
  for (const Column& child : column.children()) write_column(out, child);
}

Column read_column(BlockReader& in, const Type& type, std::int64_t length, MemoryBudget& memory,
                   const std::function<std::shared_ptr<const Column>()>& next_dictionary) {
  std::size_t rows = static_cast<std::size_t>(length);
  std::uint8_t flags = in.get_byte();
  std::shared_ptr<const Buffer> validity;
  if ((flags & kHasNulls) != 0) validity = read_buffer(in, rows, memory);
  auto read_child = [&](const Type& child, std::int64_t child_length) {
    return read_column(in, child, child_length, memory, next_dictionary);
  };
  switch (type.kind()) {
    case TypeKind::kString:
    case TypeKind::kBinary: {
      std::shared_ptr<Buffer> offsets = read_offsets(in, length, memory);
      std::size_t size = static_cast<std::size_t>(last_of(*offsets, length));
      return Column::binary(type, length, std::move(offsets), read_buffer(in, size, memory), std::move(validity));
    }
    case TypeKind::kList: {
      std::shared_ptr<Buffer> offsets = read_offsets(in, length, memory);
      Column child = read_child(type.element(), last_of(*offsets, length));
      return Column::list(type, length, std::move(offsets), std::move(child), std::move(validity));
    }
    case TypeKind::kFixedSizeList:
      return Column::fixed_size_list(type, length, read_child(type.element(), length * type.list_size()),
                                     std::move(validity));
    case TypeKind::kStruct: {
      std::vector<Column> children;
      for (const Field& field : type.fields()) children.push_back(read_child(field.type, length));
      return Column::structure(type, length, std::move(children), std::move(validity));
    }
    case TypeKind::kNull: return Column::nulls(memory, type, length);
    default: {
      std::shared_ptr<Buffer> values = read_buffer(in, rows * type.value_bytes(), memory);
      return Column::fixed(type, length, std::move(values), std::move(validity));
    }
  }
}

void for_each_dictionary(const Column& column, const std::function<void(const std::shared_ptr<const Column>&)>& visit) {
  for (const Column& child : column.children()) for_each_dictionary(child, visit);
}

}  // namespace headrace
