// See level_count.h.
#include "headrace/io/parquet/level_count.h"

namespace headrace {
namespace {

std::size_t leaves_of(const Column& column) {
  if (column.children().empty()) return 1;
  std::size_t count = 0;
  for (const Column& child : column.children()) count += leaves_of(child);
  return count;
}

}  // namespace

void LevelCount::add_to(std::size_t leaf, std::int64_t count) {
  if (counts_.size() <= leaf) counts_.resize(leaf + 1, 0);
  counts_[leaf] += count;
}

/// Adds rows [start, end) of `column`, whose first leaf is `leaf`, and moves `leaf` behind its last.
void LevelCount::add_rows(const Column& column, std::int64_t start, std::int64_t end, std::size_t& leaf) {
  TypeKind kind = column.type().kind();
  if (kind == TypeKind::kStruct) {
    for (const Column& child : column.children()) add_rows(child, start, end, leaf);
    return;
  }
  if (kind != TypeKind::kList && kind != TypeKind::kFixedSizeList) {
    add_to(leaf++, end - start);
    return;
  }
  std::size_t after = leaf + leaves_of(column);
  for (std::int64_t row = start; row < end; ++row) {
    std::int64_t size = column.type().list_size();
    std::int64_t first =
        kind == TypeKind::kList ? std::int64_t{column.offsets()[static_cast<std::size_t>(row)]} : row * size;
    std::int64_t last =
        kind == TypeKind::kList ? std::int64_t{column.offsets()[static_cast<std::size_t>(row) + 1]} : first + size;
    std::size_t inner = leaf;
    if (column.is_null(row) || first == last) {
      while (inner < after) add_to(inner++, 1);
    } else {
      add_rows(column.child(0), first, last, inner);
    }
  }
  leaf = after;
}

}  // namespace headrace
