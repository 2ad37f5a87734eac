// Gather and concat against a builder that appends row by row.
#include "headrace/kernel/gather.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "headrace/column/column_builder.h"

namespace headrace {
namespace {

/// A struct column that nests every layout: {i: int64, s: string, l: list<string>, f: fixed_size_list<int16, 2>}, with
/// null in each place now and then.
Column nested_column(MemoryBudget& memory, int length) {
  Type type = *Type::parse("struct<i: int64, s: string, l: list<string>, f: fixed_size_list<int16, 2>>");
  ColumnBuilder builder(memory, type);
  for (int row = 0; row < length; ++row) {
    if (row % 7 == 6) {
      builder.append_null();
      continue;
    }
    if (row % 3 == 0) {
      builder.child(0).append_null();
    } else {
      builder.child(0).append(static_cast<std::int64_t>(row) * 11);
    }
    builder.child(1).append_string(std::string(static_cast<std::size_t>(row % 5), static_cast<char>('a' + row % 26)));
    for (int i = 0; i < row % 4; ++i) builder.child(2).child(0).append_string("é" + std::to_string(row));
    builder.child(2).append_list_end();
    for (int i = 0; i < 2; ++i) builder.child(3).child(0).append(static_cast<std::int16_t>(row - i));
    builder.child(3).append_struct_end();
    builder.append_struct_end();
  }
  return builder.finish();
}

/// The slow, obvious gather: row by row through the builder.
Column gather_slowly(MemoryBudget& memory, const Column& column, const std::vector<std::int32_t>& rows) {
  ColumnBuilder builder(memory, column.type());
  for (std::int32_t row : rows) {
    if (row < 0) {
      builder.append_null();
    } else {
      builder.append_from(column, row);
    }
  }
  return builder.finish();
}

bool same_rows(const Column& a, const Column& b) {
  if (!(a.type() == b.type()) || a.length() != b.length()) return false;
  for (std::int64_t row = 0; row < a.length(); ++row) {
    if (a.is_null(row) != b.is_null(row)) return false;
    if (a.is_null(row)) continue;
    std::size_t at = static_cast<std::size_t>(row);
    switch (a.type().kind()) {
      case TypeKind::kString:
        if (a.string_at(row) != b.string_at(row)) return false;
        break;
      case TypeKind::kInt64:
        if (a.values<std::int64_t>()[at] != b.values<std::int64_t>()[at]) return false;
        break;
      case TypeKind::kInt16:
        if (a.values<std::int16_t>()[at] != b.values<std::int16_t>()[at]) return false;
        break;
      case TypeKind::kList: {
        std::int32_t a_size = a.offsets()[at + 1] - a.offsets()[at];
        if (a_size != b.offsets()[at + 1] - b.offsets()[at]) return false;
        if (!same_rows(a.child(0).slice(a.offsets()[at], a_size), b.child(0).slice(b.offsets()[at], a_size)))
          return false;
        break;
      }
      case TypeKind::kFixedSizeList:
        if (!same_rows(a.slice(row, 1).child(0), b.slice(row, 1).child(0))) return false;
        break;
      case TypeKind::kStruct:
        for (std::size_t i = 0; i < a.children().size(); ++i) {
          if (!same_rows(a.child(i).slice(row, 1), b.child(i).slice(row, 1))) return false;
        }
        break;
      default: return false;
    }
  }
  return true;
}

}  // namespace

TEST_CASE("gather picks rows of every layout, also from slices, and makes nulls of negative numbers") {
  auto memory = MemoryBudget::create();
  Column column = nested_column(*memory, 130);
  for (std::int64_t offset : {0, 1, 3, 64, 65}) {
    Column slice = column.slice(offset, 65);
    std::vector<std::int32_t> rows = {0, 64, 3, 3, -1, 6, 63, 1};
    CHECK(same_rows(gather(*memory, slice, rows), gather_slowly(*memory, slice, rows)));
    CHECK(gather(*memory, slice, {}).length() == 0);
  }
}

TEST_CASE("concat puts slices of every layout one after another") {
  auto memory = MemoryBudget::create();
  Column column = nested_column(*memory, 200);
  std::vector<Column> slices = {column.slice(5, 20), column.slice(0, 0), column.slice(100, 64), column.slice(199, 1)};
  std::vector<std::int32_t> rows;
  for (int i = 5; i < 25; ++i) rows.push_back(i);
  for (int i = 100; i < 164; ++i) rows.push_back(i);
  rows.push_back(199);
  CHECK(same_rows(concat(*memory, slices), gather_slowly(*memory, column, rows)));
}

TEST_CASE("buffers give their bytes back to the budget") {
  auto memory = MemoryBudget::create();
  {
    Column column = nested_column(*memory, 50);
    std::vector<std::int32_t> rows = {1, 2};
    Column picked = gather(*memory, column, rows);
    CHECK(memory->used_bytes() > 0);
  }
  CHECK(memory->used_bytes() == 0);
}

}  // namespace headrace
