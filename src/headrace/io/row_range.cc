// See row_range.h.
#include "headrace/io/row_range.h"

#include <algorithm>

namespace headrace {
namespace {

/// What a text takes beside its bytes, and an empty list or a null in all.
constexpr std::int64_t kLengthBytes = 4;

/// Of values that are no lists.
std::int64_t value_bytes(const RowRange& rows) {
  const Column& column = *rows.values;
  if (!column.type().is_binary_like()) return static_cast<std::int64_t>(column.type().value_bytes()) * rows.count();
  const std::int32_t* offsets = column.offsets().data();
  std::int64_t lengths = kLengthBytes * rows.count();
  if (rows.codes == nullptr) return lengths + offsets[rows.end] - offsets[rows.begin];
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    std::int64_t at = rows.codes[row];
    lengths += at < 0 ? 0 : offsets[at + 1] - offsets[at];
  }
  return lengths;
}

std::int64_t list_bytes(const Column& list, std::int64_t row) {
  ElementRange range = elements_of(list, row);
  return std::max(kLengthBytes, value_bytes(rows_of(list.child(0)).part(range.first, range.last)));
}

}  // namespace

bool has_row_range(const Column& column) {
  const Column& values = column.is_dictionary() ? *column.dictionary() : column;
  if (values.is_dictionary()) return false;
  return !values.type().is_list() || has_row_range(values.child(0));
}

std::int64_t fixed_row_bytes(const Type& type) {
  std::int64_t size = type.kind() == TypeKind::kFixedSizeList ? type.list_size() : 1;
  const Type& value = type.kind() == TypeKind::kFixedSizeList ? type.element() : type;
  return static_cast<std::int64_t>(value.value_bytes()) * size;
}

std::int64_t plain_bytes(const RowRange& rows) {
  std::int64_t fixed = fixed_row_bytes(rows.values->type());
  if (fixed > 0) return fixed * rows.count();
  if (!rows.values->type().is_list()) return value_bytes(rows);
  std::int64_t total = 0;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    std::int64_t at = rows.source(row);
    total += at < 0 ? kLengthBytes : list_bytes(*rows.values, at);
  }
  return total;
}

}  // namespace headrace
