// See row_hash.h.
#include "headrace/expr/function/row_hash.h"

#include <vector>

#include "headrace/base/error.h"
#include "headrace/expr/function/loops.h"
#include "headrace/kernel/hash.h"

namespace headrace {
namespace {

void hash_lists(const Column& column, std::span<std::uint64_t> hashes) {
  bool fixed = column.type().kind() == TypeKind::kFixedSizeList;
  std::size_t size = static_cast<std::size_t>(column.type().list_size());
  // Only the children of these rows: those of a slice are a part of the child.
  std::size_t first = fixed || hashes.empty() ? 0 : static_cast<std::size_t>(column.offsets().front());
  std::size_t last = fixed || hashes.empty() ? hashes.size() * size : static_cast<std::size_t>(column.offsets().back());
  std::vector<std::uint64_t> elements(last - first);
  hash_rows(column.child(0).slice(static_cast<std::int64_t>(first), static_cast<std::int64_t>(last - first)), elements);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    std::size_t begin = fixed ? i * size : static_cast<std::size_t>(column.offsets()[i]) - first;
    std::size_t end = fixed ? begin + size : static_cast<std::size_t>(column.offsets()[i + 1]) - first;
    hashes[i] = hash_combine(std::span(elements).subspan(begin, end - begin));
  }
}

void hash_values(const Column& column, std::span<std::uint64_t> hashes) {
  if (column.type().kind() == TypeKind::kInt64 || column.type().is_timestamp()) {
    return hash_int64_batch(column.values<std::int64_t>(), hashes);
  }
  if (column.type().kind() == TypeKind::kFloat64) return hash_float64_batch(column.values<double>(), hashes);
  visit_fixed(column.type().kind(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    std::span<const T> values = column.values<T>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      if constexpr (std::is_same_v<T, Int128>) {
        hashes[i] = hash_decimal128(static_cast<std::uint64_t>(values[i]), static_cast<std::int64_t>(values[i] >> 64));
      } else if constexpr (std::is_floating_point_v<T>) {
        hashes[i] = hash_float64(static_cast<double>(values[i]));
      } else {
        hashes[i] = hash_int64(static_cast<std::int64_t>(values[i]));
      }
    }
  });
}

}  // namespace

void hash_rows(const Column& column, std::span<std::uint64_t> hashes) {
  HEADRACE_CHECK(static_cast<std::size_t>(column.length()) == hashes.size());
  switch (column.type().kind()) {
    case TypeKind::kNull: break;  // every row is null
    case TypeKind::kString:
    case TypeKind::kBinary: hash_bytes_batch(column.offsets(), column.bytes(), hashes); break;
    case TypeKind::kList:
    case TypeKind::kFixedSizeList: hash_lists(column, hashes); break;
    case TypeKind::kStruct: HEADRACE_CHECK(false && "structs have no hash"); break;
    default: hash_values(column, hashes); break;
  }
  if (column.validity() == nullptr) return;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    if (column.validity()[i] == 0) hashes[i] = kNullHash;
  }
}

void hash_rows(std::span<const Column> columns, std::span<std::uint64_t> hashes) {
  if (columns.size() == 1) return hash_rows(columns[0], hashes);
  std::size_t count = columns.size();
  std::vector<std::uint64_t> parts(hashes.size() * count), one(hashes.size());
  for (std::size_t k = 0; k < count; ++k) {
    hash_rows(columns[k], one);
    for (std::size_t i = 0; i < hashes.size(); ++i) parts[i * count + k] = one[i];
  }
  for (std::size_t i = 0; i < hashes.size(); ++i) hashes[i] = hash_combine(std::span(parts).subspan(i * count, count));
}

}  // namespace headrace
