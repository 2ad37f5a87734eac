// Rows left out against the others gathered, for every layout, few rows and many, in slices at odd offsets.
#include "headrace/kernel/drop_rows.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "headrace/column/column_builder.h"
#include "headrace/column/value.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

/// Every layout in one: null in each place now and then, and texts of two bytes a letter.
Column sample_column(MemoryBudget& memory, const Type& type, std::int64_t length) {
  ColumnBuilder builder(memory, type);
  auto append = [](auto&& self, ColumnBuilder& to, const Type& of, std::int64_t i) -> void {
    if (i % 7 == 6) return to.append_null();
    switch (of.kind()) {
      case TypeKind::kString: return to.append_string("é" + std::string(static_cast<std::size_t>(i % 5), 'x'));
      case TypeKind::kInt8: return to.append(static_cast<std::int8_t>(i));
      case TypeKind::kInt64: return to.append(i * 11);
      case TypeKind::kList:
        for (std::int64_t k = 0; k < i % 4; ++k) self(self, to.child(0), of.element(), i + k);
        return to.append_list_end();
      case TypeKind::kFixedSizeList:
        for (std::int64_t k = 0; k < of.list_size(); ++k) self(self, to.child(0), of.element(), i + k);
        return to.append_struct_end();
      default:
        for (std::size_t k = 0; k < of.fields().size(); ++k) self(self, to.child(k), of.fields()[k].type, i);
        return to.append_struct_end();
    }
  };
  for (std::int64_t i = 0; i < length; ++i) append(append, builder, type, i);
  return builder.finish();
}

std::vector<std::string> cells(const Column& column) {
  std::vector<std::string> texts;
  for (std::int64_t row = 0; row < column.length(); ++row) texts.push_back(format_cell(column, row));
  return texts;
}

void check(const Column& column, const std::vector<std::int64_t>& rows) {
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
  std::vector<std::int32_t> others;
  for (std::int64_t row = 0; row < column.length(); ++row) {
    if (!std::ranges::binary_search(rows, row)) others.push_back(static_cast<std::int32_t>(row));
  }
  Column dropped = drop_rows(*memory, column, rows);
  CHECK(dropped.type() == column.type());
  CHECK(dropped.is_dictionary() == column.is_dictionary());
  CHECK(cells(dropped) == cells(gather(*memory, column, others)));
}

}  // namespace

TEST_CASE("what is left is what gathering the other rows gives") {
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
  std::mt19937_64 random(1);
  for (const char* name : {"int8", "int64", "string", "list<string>", "fixed_size_list<int8, 3>",
                           "struct<i: int64, s: string, l: list<int64>>"}) {
    CAPTURE(name);
    Column whole = sample_column(*memory, *Type::parse(name), 400);
    for (std::int64_t start : {0, 3, 64}) {
      Column column = whole.slice(start, 400 - start - 1);
      std::int64_t last = column.length() - 1;
      check(column, {});
      check(column, {0});
      check(column, {last});
      check(column, {0, 1, 2, 63, 64, 65, last - 1, last});
      for (std::uint64_t one_in : {2, 10, 60}) {
        std::vector<std::int64_t> rows;
        for (std::int64_t row = 0; row <= last; ++row) {
          if (random() % one_in == 0) rows.push_back(row);
        }
        check(column, rows);
      }
      std::vector<std::int64_t> all;
      for (std::int64_t row = 0; row <= last; ++row) all.push_back(row);
      check(column, all);
    }
  }
}

TEST_CASE("a dictionary column keeps its dictionary, and a column without nulls gets none") {
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create();
  auto words = std::make_shared<const Column>(sample_column(*memory, TypeKind::kString, 6));
  std::shared_ptr<Buffer> codes = Buffer::allocate(*memory, 100 * sizeof(std::int32_t));
  for (std::int32_t i = 0; i < 100; ++i) codes->mutable_as<std::int32_t>()[i] = i % 9 == 0 ? -1 : i % 6;
  Column column = Column::dictionary(100, codes, words);
  check(column, {5, 50});
  CHECK(drop_rows(*memory, column, std::vector<std::int64_t>{5, 50}).dictionary() == words);
  CHECK(drop_rows(*memory, *words, std::vector<std::int64_t>{0}).validity() == nullptr);
}

}  // namespace headrace
