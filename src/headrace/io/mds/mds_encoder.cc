// See mds_encoder.h.
#include "headrace/io/mds/mds_encoder.h"

#include <cstring>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/column/decimal.h"

namespace headrace {
namespace {

/// The sizes of an array are written in as few bytes as they take: 1, 2 or 4, of which this is the logarithm.
std::uint32_t size_log(std::uint64_t count) { return count < 0x100 ? 0 : count < 0x10000 ? 1 : 2; }

template <std::size_t kBytes>
void put_fixed(const std::byte* values, std::span<char*> places) {
  for (std::size_t row = 0; row < places.size(); ++row) {
    std::memcpy(places[row], values + row * kBytes, kBytes);
    places[row] += kBytes;
  }
}

void put_arrays(const std::byte* values, std::size_t size_bytes, std::span<char*> places) {
  for (std::size_t row = 0; row < places.size(); ++row) {
    std::memcpy(places[row], values + row * size_bytes, size_bytes);
    places[row] += size_bytes;
  }
}

void put_numbers(const std::byte* values, std::size_t size_bytes, std::span<char*> places) {
  switch (size_bytes) {
    case 1: return put_fixed<1>(values, places);
    case 2: return put_fixed<2>(values, places);
    case 4: return put_fixed<4>(values, places);
    case 8: return put_fixed<8>(values, places);
    default: return put_arrays(values, size_bytes, places);
  }
}

/// The innermost values of nested lists of fixed size.
const Column& leaf_of(const Column& column) {
  const Column* leaf = &column;
  while (leaf->type().kind() == TypeKind::kFixedSizeList) leaf = &leaf->child(0);
  return *leaf;
}

}  // namespace

MdsEncoder::MdsEncoder(const Schema& schema) : columns_(mds_columns(schema)) {
  for (const MdsColumn& column : columns_) {
    Value value;
    value.column_index = schema.index_of(column.name);
    value.size_bytes = static_cast<std::size_t>(column.size_bytes);
    value.element_bytes = static_cast<std::size_t>(bytes_of(column.encoding.number));
    fixed_bytes_ += value.size_bytes == 0 ? sizeof(std::uint32_t) : value.size_bytes;
    values_.push_back(std::move(value));
  }
}

std::span<const std::uint64_t> MdsEncoder::measure(const Batch& block) {
  HEADRACE_CHECK(block.row_count <= kBlockRows);
  sizes_.assign(static_cast<std::size_t>(block.row_count), fixed_bytes_);
  for (Value& value : values_) {
    value.column = block.columns[value.column_index];
    if (value.size_bytes > 0) continue;
    value.sizes.resize(sizes_.size());
    measure_value(value);
    for (std::size_t row = 0; row < sizes_.size(); ++row) sizes_[row] += value.sizes[row];
  }
  return sizes_;
}

void MdsEncoder::measure_value(Value& value) {
  if (value.column.type().kind() == TypeKind::kDecimal128) {
    value.digits.clear();
    std::span<const Int128> numbers = value.column.values<Int128>();
    for (std::size_t row = 0; row < numbers.size(); ++row) {
      std::string digits = format_decimal(numbers[row], value.column.type().scale());
      value.sizes[row] = static_cast<std::uint32_t>(digits.size());
      value.digits += digits;
    }
    return;
  }
  std::span<const std::int32_t> offsets = value.column.offsets();
  bool is_text = value.column.type().is_binary_like();
  for (std::size_t row = 0; row < value.sizes.size(); ++row) {
    std::uint64_t count = static_cast<std::uint64_t>(offsets[row + 1] - offsets[row]);
    std::uint64_t size = is_text ? count : 1 + (std::uint64_t{1} << size_log(count)) + count * value.element_bytes;
    if (size > UINT32_MAX) {
      throw Error(ErrorCode::kUnsupported, fmt::format("a list of {} values is too long for MDS", count));
    }
    value.sizes[row] = static_cast<std::uint32_t>(size);
  }
}

void MdsEncoder::encode(char* out) {
  std::vector<char*> places;
  for (std::uint64_t size : sizes_) {
    places.push_back(out);
    out += size;
  }
  for (const Value& value : values_) {
    if (value.size_bytes == 0) put_fixed<4>(reinterpret_cast<const std::byte*>(value.sizes.data()), places);
  }
  for (const Value& value : values_) put_value(value, places);
}

void MdsEncoder::put_value(const Value& value, std::span<char*> places) {
  if (places.empty()) return;
  if (value.size_bytes > 0) return put_numbers(leaf_of(value.column).raw_values(), value.size_bytes, places);
  const char* digits = value.digits.data();
  bool is_decimal = value.column.type().kind() == TypeKind::kDecimal128;
  bool is_text = value.column.type().is_binary_like();
  std::span<const std::int32_t> offsets = is_decimal ? std::span<const std::int32_t>() : value.column.offsets();
  const std::byte* elements = is_decimal || is_text ? nullptr : value.column.child(0).raw_values();
  for (std::size_t row = 0; row < places.size(); ++row) {
    char*& place = places[row];
    std::uint32_t size = value.sizes[row];
    if (is_decimal || is_text) {
      const char* bytes = is_decimal ? digits : value.column.bytes() + offsets[row];
      if (size > 0) std::memcpy(place, bytes, size);
      digits += is_decimal ? size : 0;
      place += size;
      continue;
    }
    std::uint32_t count = static_cast<std::uint32_t>(offsets[row + 1] - offsets[row]);
    std::uint32_t log = size_log(count);
    std::size_t count_bytes = std::size_t{1} << log;
    *place++ = static_cast<char>(1 << 2 | log);
    std::memcpy(place, &count, count_bytes);
    place += count_bytes;
    std::size_t start = static_cast<std::size_t>(offsets[row]) * value.element_bytes;
    if (count > 0) std::memcpy(place, elements + start, count * value.element_bytes);
    place += count * value.element_bytes;
  }
}

}  // namespace headrace
