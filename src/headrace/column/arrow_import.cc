// Arrow arrays to columns. See arrow.h.
//
// One function a layout; each takes Arrow's ArrayData, whose offset is honoured once, at the layout's own buffers.
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <string>

#include <arrow/array.h>
#include <arrow/array/data.h>
#include <arrow/buffer.h>
#include <arrow/extension_type.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/checked_cast.h>
#include <arrow/util/decimal.h>
#include <arrow/util/float16.h>
#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/column/arrow.h"
#include "headrace/column/column_builder.h"

namespace headrace {
namespace {

using arrow::ArrayData;
using arrow::internal::checked_cast;

/// Zero-copy is possible where a foreign pointer is as aligned as the values' type wants.
bool is_aligned(const void* data, std::size_t bytes) { return std::bit_cast<std::uintptr_t>(data) % bytes == 0; }

/// The 8 bytes that the 8 bits of each byte stand for.
constexpr std::array<std::uint64_t, 256> kBytesOfBits = [] {
  std::array<std::uint64_t, 256> table{};
  for (std::uint64_t bits = 0; bits < 256; ++bits) {
    for (int i = 0; i < 8; ++i) table[bits] |= ((bits >> i) & 1) << (8 * i);
  }
  return table;
}();

void expand_bits(const std::uint8_t* bits, std::int64_t offset, std::int64_t length, std::uint8_t* out) {
  std::int64_t row = 0;
  bits += offset / 8;
  int shift = static_cast<int>(offset % 8);
  for (; row + 8 <= length; row += 8, ++bits) {
    int byte = bits[0] >> shift;
    if (shift > 0) byte |= bits[1] << (8 - shift);
    std::memcpy(out + row, &kBytesOfBits[static_cast<std::size_t>(byte & 0xff)], 8);
  }
  for (int i = shift; row < length; ++row, ++i) out[row] = (bits[i / 8] >> (i % 8)) & 1;
}

class Importer {
 public:
  Importer(std::string_view name, MemoryBudget& memory, const std::shared_ptr<const void>& owner)
      : name_(name), memory_(memory), owner_(owner) {}

  Column column(const ArrayData& data, const Type& type);

 private:
  [[noreturn]] void refuse(ErrorCode code, const std::string& message, const char* hint = "") const {
    throw Error(code, fmt::format("column '{}': {}", name_, message), hint);
  }

  std::shared_ptr<Buffer> allocate(std::int64_t count, std::size_t value_bytes) {
    return Buffer::allocate(memory_, static_cast<std::size_t>(count) * value_bytes);
  }

  /// Shares `size_bytes` bytes at `data` of a buffer of Arrow's.
  std::shared_ptr<const Buffer> wrap(const void* data, std::int64_t size_bytes,
                                     const std::shared_ptr<arrow::Buffer>& buffer) const {
    using Owners = std::pair<std::shared_ptr<const void>, std::shared_ptr<arrow::Buffer>>;
    return Buffer::wrap(data, static_cast<std::size_t>(size_bytes), std::make_shared<Owners>(owner_, buffer));
  }

  std::shared_ptr<const Buffer> validity(const ArrayData& data) {
    if (data.buffers.empty() || data.buffers[0] == nullptr || data.GetNullCount() == 0) return nullptr;
    std::shared_ptr<Buffer> bytes = allocate(data.length, 1);
    expand_bits(data.buffers[0]->data(), data.offset, data.length, bytes->mutable_as<std::uint8_t>());
    return bytes;
  }

  static bool is_valid(const std::shared_ptr<const Buffer>& validity, std::int64_t row) {
    return validity == nullptr || validity->data()[row] != std::byte{0};
  }

  Column boolean(const ArrayData& data) {
    std::shared_ptr<Buffer> values = allocate(data.length, 1);
    std::uint8_t* out = values->mutable_as<std::uint8_t>();
    if (data.length > 0) expand_bits(data.buffers[1]->data(), data.offset, data.length, out);
    std::shared_ptr<const Buffer> valid = validity(data);
    for (std::int64_t row = 0; valid && row < data.length; ++row) {
      out[row] = is_valid(valid, row) ? out[row] : std::uint8_t{0};
    }
    return Column::fixed(TypeKind::kBool, data.length, std::move(values), std::move(valid));
  }

  /// Values of the same storage on both sides.
  template <typename T>
  Column same(const ArrayData& data, const Type& type) {
    const T* in = data.length == 0 ? nullptr : data.GetValues<T>(1);
    std::shared_ptr<const Buffer> valid = validity(data);
    if (!valid && in != nullptr && is_aligned(in, alignof(T))) {
      std::int64_t size_bytes = data.length * static_cast<std::int64_t>(sizeof(T));
      return Column::fixed(type, data.length, wrap(in, size_bytes, data.buffers[1]));
    }
    return converted<T, T>(data, type, [](T value) { return value; });
  }

  /// Values that `convert` turns from storage From to storage To; it may throw on valid ones only.
  template <typename From, typename To, typename Convert>
  Column converted(const ArrayData& data, const Type& type, Convert convert) {
    HEADRACE_CHECK(sizeof(To) == type.value_bytes());
    std::shared_ptr<Buffer> values = allocate(data.length, sizeof(To));
    std::shared_ptr<const Buffer> valid = validity(data);
    const std::uint8_t* in =
        data.length == 0 ? nullptr : data.buffers[1]->data() + data.offset * static_cast<std::int64_t>(sizeof(From));
    To* out = values->mutable_as<To>();
    for (std::int64_t row = 0; row < data.length; ++row) {
      From value;
      std::memcpy(&value, in + row * static_cast<std::int64_t>(sizeof(From)), sizeof(From));
      out[row] = is_valid(valid, row) ? convert(value) : To{};
    }
    return Column::fixed(type, data.length, std::move(values), std::move(valid));
  }

  template <typename From, typename To>
  Column widened(const ArrayData& data, const Type& type) {
    return converted<From, To>(data, type, [](From value) { return static_cast<To>(value); });
  }

  Column timestamp(const ArrayData& data, const Type& type) {
    arrow::TimeUnit::type unit = checked_cast<const arrow::TimestampType&>(*data.type).unit();
    if (unit == arrow::TimeUnit::MICRO) return same<std::int64_t>(data, type);
    if (unit == arrow::TimeUnit::NANO) {
      return converted<std::int64_t, std::int64_t>(data, type, [&](std::int64_t value) {
        if (value % 1000 != 0) {
          refuse(ErrorCode::kBadData,
                 fmt::format("a timestamp of {} ns since 1970 is no whole number of microseconds", value),
                 "timestamps hold microseconds: round the column where it is written");
        }
        return value / 1000;
      });
    }
    std::int64_t factor = unit == arrow::TimeUnit::SECOND ? 1'000'000 : 1'000;
    return converted<std::int64_t, std::int64_t>(data, type, [&](std::int64_t value) {
      std::int64_t micros;
      if (__builtin_mul_overflow(value, factor, &micros)) {
        refuse(ErrorCode::kBadData, fmt::format("timestamp out of range: {}", value));
      }
      return micros;
    });
  }

  Column decimal256(const ArrayData& data, const Type& type) {
    using Words = std::array<std::uint64_t, 4>;
    return converted<Words, Int128>(data, type, [&](const Words& words) {
      std::uint64_t sign = words[1] >> 63 != 0 ? ~std::uint64_t{0} : 0;
      if (words[2] != sign || words[3] != sign) refuse(ErrorCode::kBadData, "a decimal of more than 38 digits");
      return std::bit_cast<Int128>(std::array{words[0], words[1]});
    });
  }

  /// Strings and binaries with 32-bit offsets and no bytes under nulls share memory; all others are copied.
  Column binary(const ArrayData& data, const Type& type) {
    if (data.length == 0) return copied_binary(0, type, nullptr, [](std::int64_t) { return std::string_view(); });
    const std::int32_t* offsets = data.GetValues<std::int32_t>(1);
    std::shared_ptr<const Buffer> valid = validity(data);
    const char* bytes = data.buffers[2] ? reinterpret_cast<const char*>(data.buffers[2]->data()) : "";
    bool empty_nulls = true;
    for (std::int64_t row = 0; valid && row < data.length; ++row) {
      empty_nulls = empty_nulls && (is_valid(valid, row) || offsets[row] == offsets[row + 1]);
    }
    if (!empty_nulls || !is_aligned(offsets, alignof(std::int32_t))) {
      return copied_binary(data.length, type, valid, [&](std::int64_t row) {
        return std::string_view(bytes + offsets[row], static_cast<std::size_t>(offsets[row + 1] - offsets[row]));
      });
    }
    std::int64_t offsets_bytes = (data.length + 1) * static_cast<std::int64_t>(sizeof(std::int32_t));
    return Column::binary(type, data.length, wrap(offsets, offsets_bytes, data.buffers[1]),
                          wrap(bytes, offsets[data.length], data.buffers[2]), std::move(valid));
  }

  template <typename TextAt>
  Column copied_binary(std::int64_t length, const Type& type, std::shared_ptr<const Buffer> valid, TextAt text_at) {
    std::int64_t total = 0;
    for (std::int64_t row = 0; row < length; ++row) {
      if (is_valid(valid, row)) total += static_cast<std::int64_t>(text_at(row).size());
    }
    check_reach(total);
    std::shared_ptr<Buffer> offsets = allocate(length + 1, sizeof(std::int32_t));
    std::shared_ptr<Buffer> bytes = allocate(total, 1);
    std::int32_t end = 0;
    offsets->mutable_as<std::int32_t>()[0] = 0;
    for (std::int64_t row = 0; row < length; ++row) {
      std::string_view text = is_valid(valid, row) ? text_at(row) : std::string_view();
      if (!text.empty()) std::memcpy(bytes->mutable_data() + end, text.data(), text.size());
      end += static_cast<std::int32_t>(text.size());
      offsets->mutable_as<std::int32_t>()[row + 1] = end;
    }
    return Column::binary(type, length, std::move(offsets), std::move(bytes), std::move(valid));
  }

  void check_reach(std::int64_t end) const {
    if (end > std::numeric_limits<std::int32_t>::max()) {
      refuse(ErrorCode::kUnsupported, "more than 2^31 bytes or elements in one batch", "use smaller batches");
    }
  }

  Column large_binary(const ArrayData& data, const Type& type) {
    const std::int64_t* offsets = data.length == 0 ? nullptr : data.GetValues<std::int64_t>(1);
    const char* bytes =
        data.length > 0 && data.buffers[2] ? reinterpret_cast<const char*>(data.buffers[2]->data()) : "";
    return copied_binary(data.length, type, validity(data), [&](std::int64_t row) {
      return std::string_view(bytes + offsets[row], static_cast<std::size_t>(offsets[row + 1] - offsets[row]));
    });
  }

  Column binary_view(const ArrayData& data, const Type& type) {
    using View = arrow::BinaryViewType::c_type;
    const View* views = data.length == 0 ? nullptr : data.GetValues<View>(1);
    return copied_binary(data.length, type, validity(data), [&](std::int64_t row) {
      const View& view = views[row];
      const void* bytes = view.is_inline() ? static_cast<const void*>(view.inline_data())
                                           : data.buffers[static_cast<std::size_t>(view.ref.buffer_index) + 2]->data() +
                                                 view.ref.offset;
      return std::string_view(static_cast<const char*>(bytes), static_cast<std::size_t>(view.size()));
    });
  }

  Column fixed_size_binary(const ArrayData& data, const Type& type) {
    std::int64_t width = checked_cast<const arrow::FixedSizeBinaryType&>(*data.type).byte_width();
    const char* bytes = data.length == 0 || width == 0
                            ? ""
                            : reinterpret_cast<const char*>(data.buffers[1]->data()) + data.offset * width;
    return copied_binary(data.length, type, validity(data), [&](std::int64_t row) {
      return std::string_view(bytes + row * width, static_cast<std::size_t>(width));
    });
  }

  /// Lists: offsets are made relative to the part of the child that the rows use.
  template <typename Offset>
  Column list(const ArrayData& data, const Type& type) {
    const Offset* offsets = data.length == 0 ? nullptr : data.GetValues<Offset>(1);
    std::int64_t start = offsets == nullptr ? 0 : static_cast<std::int64_t>(offsets[0]);
    std::int64_t end = offsets == nullptr ? 0 : static_cast<std::int64_t>(offsets[data.length]);
    check_reach(end - start);
    std::shared_ptr<const Buffer> valid = validity(data);
    std::shared_ptr<Buffer> own = allocate(data.length + 1, sizeof(std::int32_t));
    std::int32_t* out = own->mutable_as<std::int32_t>();
    out[0] = 0;
    bool empty_nulls = true;
    for (std::int64_t row = 0; row < data.length; ++row) {
      out[row + 1] = static_cast<std::int32_t>(static_cast<std::int64_t>(offsets[row + 1]) - start);
      empty_nulls = empty_nulls && (is_valid(valid, row) || out[row] == out[row + 1]);
    }
    Column child = column(*data.child_data[0]->Slice(start, end - start), type.element());
    Column rows = Column::list(type, data.length, std::move(own), std::move(child), std::move(valid));
    if (empty_nulls) return rows;
    ColumnBuilder builder(memory_, type);
    for (std::int64_t row = 0; row < data.length; ++row) builder.append_from(rows, row);
    return builder.finish();
  }

  Column fixed_size_list(const ArrayData& data, const Type& type) {
    std::int64_t size = type.list_size();
    Column child = column(*data.child_data[0]->Slice(data.offset * size, data.length * size), type.element());
    return Column::fixed_size_list(type, data.length, std::move(child), validity(data));
  }

  Column structure(const ArrayData& data, const Type& type) {
    std::vector<Column> children;
    for (std::size_t i = 0; i < data.child_data.size(); ++i) {
      children.push_back(column(*data.child_data[i]->Slice(data.offset, data.length), type.fields()[i].type));
    }
    return Column::structure(type, data.length, std::move(children), validity(data));
  }

  Column dictionary(const ArrayData& data, const Type& type) {
    Column values = column(*data.dictionary, type);
    const auto& dictionary_type = checked_cast<const arrow::DictionaryType&>(*data.type);
    ArrayData index_data = data;
    index_data.type = dictionary_type.index_type();
    index_data.dictionary = nullptr;
    std::optional<Type> index_type = from_arrow_type(*index_data.type);
    HEADRACE_CHECK(index_type.has_value());
    Column indexes = column(index_data, *index_type);
    ColumnBuilder builder(memory_, type);
    for (std::int64_t row = 0; row < data.length; ++row) {
      if (indexes.is_null(row)) {
        builder.append_null();
      } else {
        builder.append_from(values, index_at(indexes, static_cast<std::size_t>(row)));
      }
    }
    return builder.finish();
  }

  std::int64_t index_at(const Column& indexes, std::size_t row) const {
    switch (indexes.type().kind()) {
      case TypeKind::kInt8: return indexes.values<std::int8_t>()[row];
      case TypeKind::kInt16: return indexes.values<std::int16_t>()[row];
      case TypeKind::kInt32: return indexes.values<std::int32_t>()[row];
      case TypeKind::kInt64: return indexes.values<std::int64_t>()[row];
      default: return static_cast<std::int64_t>(indexes.values<Int128>()[row]);
    }
  }

  std::string_view name_;
  MemoryBudget& memory_;
  const std::shared_ptr<const void>& owner_;
};

Column Importer::column(const ArrayData& data, const Type& type) {
  switch (data.type->id()) {
    case arrow::Type::NA: return Column::nulls(memory_, type, data.length);
    case arrow::Type::BOOL: return boolean(data);
    case arrow::Type::INT8: return same<std::int8_t>(data, type);
    case arrow::Type::INT16: return same<std::int16_t>(data, type);
    case arrow::Type::DATE32:
    case arrow::Type::INT32: return same<std::int32_t>(data, type);
    case arrow::Type::INT64: return same<std::int64_t>(data, type);
    case arrow::Type::FLOAT: return same<float>(data, type);
    case arrow::Type::DOUBLE: return same<double>(data, type);
    case arrow::Type::DECIMAL128: return same<Int128>(data, type);
    case arrow::Type::UINT8: return widened<std::uint8_t, std::int16_t>(data, type);
    case arrow::Type::UINT16: return widened<std::uint16_t, std::int32_t>(data, type);
    case arrow::Type::UINT32: return widened<std::uint32_t, std::int64_t>(data, type);
    case arrow::Type::UINT64: return widened<std::uint64_t, Int128>(data, type);
    case arrow::Type::DECIMAL32: return widened<std::int32_t, Int128>(data, type);
    case arrow::Type::DECIMAL64: return widened<std::int64_t, Int128>(data, type);
    case arrow::Type::DECIMAL256: return decimal256(data, type);
    case arrow::Type::HALF_FLOAT:
      return converted<std::uint16_t, float>(
          data, type, [](std::uint16_t bits) { return arrow::util::Float16::FromBits(bits).ToFloat(); });
    case arrow::Type::DATE64:
      return converted<std::int64_t, std::int32_t>(data, type, [&](std::int64_t millis) {
        constexpr std::int64_t kMillisPerDay = 86'400'000;
        std::int64_t days = millis / kMillisPerDay;
        if (millis % kMillisPerDay != 0 || days != static_cast<std::int32_t>(days)) {
          refuse(ErrorCode::kBadData, fmt::format("{} ms since 1970 is no date", millis));
        }
        return static_cast<std::int32_t>(days);
      });
    case arrow::Type::TIMESTAMP: return timestamp(data, type);
    case arrow::Type::STRING:
    case arrow::Type::BINARY: return binary(data, type);
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY: return large_binary(data, type);
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY_VIEW: return binary_view(data, type);
    case arrow::Type::FIXED_SIZE_BINARY: return fixed_size_binary(data, type);
    case arrow::Type::MAP:
    case arrow::Type::LIST: return list<std::int32_t>(data, type);
    case arrow::Type::LARGE_LIST: return list<std::int64_t>(data, type);
    case arrow::Type::FIXED_SIZE_LIST: return fixed_size_list(data, type);
    case arrow::Type::STRUCT: return structure(data, type);
    case arrow::Type::DICTIONARY: return dictionary(data, type);
    case arrow::Type::EXTENSION: {
      ArrayData storage = data;
      storage.type = checked_cast<const arrow::ExtensionType&>(*data.type).storage_type();
      return column(storage, type);
    }
    default: HEADRACE_CHECK(false);
  }
}

}  // namespace

Column from_arrow(const arrow::Array& array, std::string_view name, MemoryBudget& memory,
                  const std::shared_ptr<const void>& owner) {
  std::optional<Type> type = from_arrow_type(*array.type());
  if (!type) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("column '{}' has a type that cannot be read: {}", name, array.type()->ToString()));
  }
  return Importer(name, memory, owner).column(*array.data(), *type);
}

Batch from_arrow(const arrow::RecordBatch& batch, MemoryBudget& memory, const std::shared_ptr<const void>& owner) {
  Batch result{std::make_shared<const Schema>(from_arrow_schema(*batch.schema())), {}, batch.num_rows()};
  for (int i = 0; i < batch.num_columns(); ++i) {
    result.columns.push_back(from_arrow(*batch.column(i), batch.column_name(i), memory, owner));
  }
  return result;
}

}  // namespace headrace
