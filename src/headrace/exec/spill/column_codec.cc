// See column_codec.h.
#include "headrace/exec/spill/column_codec.h"

#include <algorithm>
#include <utility>

#include "headrace/base/error.h"

namespace headrace {
namespace {

constexpr std::uint8_t kPlain = 0;
constexpr std::uint8_t kPlainWithNulls = 1;
constexpr std::uint8_t kDictionary = 2;
constexpr std::uint8_t kSharedCodes = 3;
constexpr std::size_t kSharedIndexMax = 0xffff;

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

void write_column(BlockWriter& out, const Column& column) {
  std::size_t length = static_cast<std::size_t>(column.length());
  if (column.is_dictionary()) {
    out.put_byte(kDictionary);
    return out.put_bytes(std::as_bytes(column.codes()));
  }
  const std::uint8_t* validity = column.validity();
  out.put_byte(validity == nullptr ? kPlain : kPlainWithNulls);
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

/// The first of `columns` that column `index` has its codes in common with; itself if there is none.
std::size_t first_with_codes(std::span<const Column> columns, std::size_t index) {
  const Column& column = columns[index];
  for (std::size_t i = 0; column.is_dictionary() && i < std::min(index, kSharedIndexMax); ++i) {
    if (columns[i].is_dictionary() && columns[i].codes().data() == column.codes().data()) return i;
  }
  return index;
}

class ColumnReader {
 public:
  ColumnReader(BlockReader& in, MemoryBudget& memory, std::span<const std::shared_ptr<const Column>> dictionaries)
      : in_(in), memory_(memory), dictionaries_(dictionaries) {}

  Column read(const Type& type, std::int64_t length, std::span<const Column> before) {
    std::uint8_t layout = in_.get_byte();
    if (layout == kSharedCodes) {
      std::size_t index = in_.get_byte();
      index |= static_cast<std::size_t>(in_.get_byte()) << 8;
      return Column::dictionary(length, before[index].codes_buffer(), next_dictionary());
    }
    if (layout == kDictionary) {
      std::shared_ptr<Buffer> codes =
          read_buffer(in_, static_cast<std::size_t>(length) * sizeof(std::int32_t), memory_);
      return Column::dictionary(length, std::move(codes), next_dictionary());
    }
    std::shared_ptr<const Buffer> validity;
    if (layout == kPlainWithNulls) validity = read_buffer(in_, static_cast<std::size_t>(length), memory_);
    return read_plain(type, length, std::move(validity));
  }

 private:
  std::shared_ptr<const Column> next_dictionary() { return dictionaries_[next_dictionary_++]; }

  Column read_plain(const Type& type, std::int64_t length, std::shared_ptr<const Buffer> validity) {
    switch (type.kind()) {
      case TypeKind::kString:
      case TypeKind::kBinary: {
        std::shared_ptr<Buffer> offsets = read_offsets(in_, length, memory_);
        std::size_t size = static_cast<std::size_t>(last_of(*offsets, length));
        return Column::binary(type, length, std::move(offsets), read_buffer(in_, size, memory_), std::move(validity));
      }
      case TypeKind::kList: {
        std::shared_ptr<Buffer> offsets = read_offsets(in_, length, memory_);
        Column child = read(type.element(), last_of(*offsets, length), {});
        return Column::list(type, length, std::move(offsets), std::move(child), std::move(validity));
      }
      case TypeKind::kFixedSizeList:
        return Column::fixed_size_list(type, length, read(type.element(), length * type.list_size(), {}),
                                       std::move(validity));
      case TypeKind::kStruct: {
        std::vector<Column> children;
        for (const Field& field : type.fields()) children.push_back(read(field.type, length, {}));
        return Column::structure(type, length, std::move(children), std::move(validity));
      }
      case TypeKind::kNull: return Column::nulls(memory_, type, length);
      default: {
        std::size_t size = static_cast<std::size_t>(length) * type.value_bytes();
        return Column::fixed(type, length, read_buffer(in_, size, memory_), std::move(validity));
      }
    }
  }

  BlockReader& in_;
  MemoryBudget& memory_;
  std::span<const std::shared_ptr<const Column>> dictionaries_;
  std::size_t next_dictionary_ = 0;
};

}  // namespace

void write_columns(BlockWriter& out, std::span<const Column> columns) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    std::size_t first = first_with_codes(columns, i);
    if (first == i) {
      write_column(out, columns[i]);
      continue;
    }
    out.put_byte(kSharedCodes);
    out.put_byte(static_cast<std::uint8_t>(first & 0xff));
    out.put_byte(static_cast<std::uint8_t>(first >> 8));
  }
}

std::vector<Column> read_columns(BlockReader& in, std::span<const Type> types, std::int64_t length,
                                 std::span<const std::shared_ptr<const Column>> dictionaries, MemoryBudget& memory) {
  ColumnReader reader(in, memory, dictionaries);
  std::vector<Column> columns;
  columns.reserve(types.size());
  for (const Type& type : types) columns.push_back(reader.read(type, length, columns));
  return columns;
}

void for_each_dictionary(const Column& column, const std::function<void(const std::shared_ptr<const Column>&)>& visit) {
  if (column.is_dictionary()) return visit(column.dictionary());
  for (const Column& child : column.children()) for_each_dictionary(child, visit);
}

}  // namespace headrace
