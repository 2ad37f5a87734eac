// See row_range.h.
#include "headrace/io/parquet/write/row_range.h"

#include <algorithm>

namespace headrace {
namespace {

/// What a text takes beside its bytes, and an empty list or a null in all.
constexpr std::int64_t kLengthBytes = 4;

std::int64_t bytes_between(const Column& column, std::int64_t first, std::int64_t last) {
  if (column.type().is_binary_like()) {
    const std::int32_t* offsets = column.offsets().data();
    return kLengthBytes * (last - first) + offsets[last] - offsets[first];
  }
  return static_cast<std::int64_t>(column.type().value_bytes()) * (last - first);
}

std::int64_t row_bytes(const Column& column, std::int64_t row) {
  if (!is_list(column.type())) return bytes_between(column, row, row + 1);
  ElementRange range = elements_of(column, row);
  return std::max(kLengthBytes, bytes_between(column.child(0), range.first, range.last));
}

}  // namespace

RowRange rows_of(const Column& column) { return {&column, nullptr, 0, column.length()}; }

std::int64_t fixed_row_bytes(const Type& type) {
  std::int64_t size = type.kind() == TypeKind::kFixedSizeList ? type.list_size() : 1;
  const Type& value = type.kind() == TypeKind::kFixedSizeList ? type.element() : type;
  return static_cast<std::int64_t>(value.value_bytes()) * size;
}

std::int64_t plain_bytes(const RowRange& rows) {
  std::int64_t fixed = fixed_row_bytes(rows.values->type());
  if (fixed > 0) return fixed * rows.count();
  std::int64_t total = 0;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    std::int64_t at = rows.source(row);
    total += at < 0 ? kLengthBytes : row_bytes(*rows.values, at);
  }
  return total;
}

}  // namespace headrace
