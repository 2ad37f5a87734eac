// Gather and concat against a builder that appends row by row.
#include "headrace/kernel/gather.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "headrace/column/column_builder.h"
#include "headrace/column/value.h"

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

namespace {

Column coded(MemoryBudget& memory, const std::shared_ptr<const Column>& values,
             const std::vector<std::int32_t>& codes) {
  std::shared_ptr<Buffer> buffer = Buffer::allocate(memory, codes.size() * sizeof(std::int32_t));
  std::copy(codes.begin(), codes.end(), buffer->mutable_as<std::int32_t>());
  return Column::dictionary(static_cast<std::int64_t>(codes.size()), buffer, values);
}

Column texts(MemoryBudget& memory, const std::vector<std::string>& values) {
  ColumnBuilder builder(memory, TypeKind::kString);
  for (const std::string& value : values) value == "null" ? builder.append_null() : builder.append_string(value);
  return builder.finish();
}

std::vector<std::string> cells_of(const Column& column) {
  std::vector<std::string> cells;
  for (std::int64_t row = 0; row < column.length(); ++row) cells.push_back(format_cell(column, row));
  return cells;
}

}  // namespace

TEST_CASE("a dictionary column is gathered by its codes, and flattens to what gathering its values gives") {
  auto memory = MemoryBudget::create();
  auto values = std::make_shared<const Column>(nested_column(*memory, 30));
  Column column = coded(*memory, values, {29, 0, -1, 0, 7, 7, 12});
  CHECK(same_rows(flatten(*memory, column), gather_slowly(*memory, *values, {29, 0, -1, 0, 7, 7, 12})));
  Column picked = gather(*memory, column.slice(1, 5), std::vector<std::int32_t>{4, -1, 1, 0});
  CHECK(picked.is_dictionary());
  CHECK(same_rows(flatten(*memory, picked), gather_slowly(*memory, *values, {7, -1, -1, 0})));
  Column twice = coded(*memory, std::make_shared<const Column>(column), {6, 2, -1, 0});
  CHECK(same_rows(flatten(*memory, twice), gather_slowly(*memory, *values, {12, -1, -1, 29})));
  CHECK(twice.is_null(1));
  CHECK(twice.null_count() == 2);
}

TEST_CASE("columns of a batch that share their codes share them after gather") {
  auto memory = MemoryBudget::create();
  auto values = std::make_shared<const Column>(nested_column(*memory, 30));
  Column a = coded(*memory, values, {1, 2, 3, 4});
  Batch batch{
      std::make_shared<const Schema>(), {a, Column::dictionary(a, values), coded(*memory, values, {1, 2, 3, 4})}, 4};
  Batch picked = gather(*memory, batch.slice(1, 3), std::vector<std::int32_t>{2, 0});
  CHECK(picked.columns[0].codes().data() == picked.columns[1].codes().data());
  CHECK(picked.columns[0].codes().data() != picked.columns[2].codes().data());
}

TEST_CASE(
    "dictionary columns put one after another keep one dictionary, unite those of repeating strings, or flatten") {
  auto memory = MemoryBudget::create();
  auto some = std::make_shared<const Column>(texts(*memory, {"a", "b", "null"}));
  auto other = std::make_shared<const Column>(texts(*memory, {"c", "a"}));
  std::vector<std::int32_t> codes(16, 1);
  codes[0] = -1;
  codes[2] = 0;
  Column first = coded(*memory, some, codes);
  Column second = coded(*memory, other, codes);
  std::vector<Column> same = {first, first.slice(1, 2)};
  CHECK(concat(*memory, same).dictionary() == some);
  CHECK(cells_of(concat(*memory, same)).back() == "a");
  std::vector<Column> united = {first, second, coded(*memory, some, {2, 0, 1, 1})};
  Column result = concat(*memory, united);
  CHECK(result.is_dictionary());
  CHECK(result.dictionary()->length() == 3);
  std::vector<std::string> expected = cells_of(first);
  for (const std::string& cell : cells_of(second)) expected.push_back(cell);
  for (const char* cell : {"null", "a", "b", "b"}) expected.emplace_back(cell);
  CHECK(cells_of(result) == expected);
  std::vector<Column> few = {first.slice(0, 3), second.slice(0, 3)};
  CHECK_FALSE(concat(*memory, few).is_dictionary());
  CHECK(cells_of(concat(*memory, few)) == std::vector<std::string>{"null", "b", "a", "null", "a", "c"});
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
