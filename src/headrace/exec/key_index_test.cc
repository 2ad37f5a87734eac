// The hash table of keys against a map of texts.
#include "headrace/exec/key_index.h"

#include <bit>
#include <functional>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "headrace/base/error.h"
#include "headrace/base/test_size.h"
#include "headrace/column/column_builder.h"
#include "headrace/column/value.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

/// A column of random values with few distinct ones, nulls among them, NaN and both zeros for floats.
Column random_column(MemoryBudget& memory, const Type& type, std::size_t rows, std::mt19937_64& random) {
  ColumnBuilder builder(memory, type);
  for (std::size_t row = 0; row < rows; ++row) {
    std::int64_t value = static_cast<std::int64_t>(random() % 40) - 20;
    if (value == -20) {
      builder.append_null();
    } else if (type.kind() == TypeKind::kString) {
      builder.append_string(value < 0 ? std::string(static_cast<std::size_t>(-value), 'a') : std::to_string(value));
    } else if (type.kind() == TypeKind::kFloat64) {
      builder.append(value == 7   ? std::numeric_limits<double>::quiet_NaN()
                     : value == 8 ? -0.0
                                  : static_cast<double>(value));
    } else if (type.kind() == TypeKind::kDecimal128) {
      builder.append(Int128{value} << 70);
    } else if (type.kind() == TypeKind::kInt32) {
      builder.append(static_cast<std::int32_t>(value));
    } else {
      builder.append(value);
    }
  }
  return builder.finish();
}

std::string key_text(const std::vector<Column>& keys, std::int64_t row) {
  std::string text;
  for (const Column& key : keys) {
    std::string cell = format_cell(key, row);
    text += (key.is_null(row) ? "<null>" : cell == "-0.0" ? "0.0" : cell) + "|";
  }
  return text;
}

/// The rows of `column` as a dictionary column over its distinct rows, one of them twice, with nulls of both kinds.
Column coded(MemoryBudget& memory, const Column& column, std::mt19937_64& random) {
  std::map<std::string, std::int32_t> entries;
  std::vector<std::int32_t> rows = {0};
  auto codes = Buffer::allocate(memory, static_cast<std::size_t>(column.length()) * sizeof(std::int32_t));
  for (std::int64_t row = 0; row < column.length(); ++row) {
    auto entry = entries.emplace(format_cell(column, row), static_cast<std::int32_t>(rows.size()));
    if (entry.second) rows.push_back(static_cast<std::int32_t>(row));
    bool hides_null = column.is_null(row) && random() % 2 == 0;
    codes->mutable_as<std::int32_t>()[row] = hides_null ? -1 : entry.first->second;
  }
  auto values = std::make_shared<const Column>(gather(memory, column, rows));
  return Column::dictionary(column.length(), std::move(codes), std::move(values));
}

/// As random_column, in one layout or another from batch to batch.
Column random_coded_column(MemoryBudget& memory, const Type& type, std::size_t rows, std::mt19937_64& random) {
  Column column = random_column(memory, type, rows, random);
  if (rows == 0 || random() % 4 == 0) return column;
  Column once = coded(memory, column, random);
  return random() % 2 == 0 ? once : coded(memory, once, random);
}

using MakeColumn = std::function<Column(MemoryBudget&, const Type&, std::size_t, std::mt19937_64&)>;

/// Inserts batches of growing size and looks each up again; ids are compared with those of a map of texts.
void check_against_map(const std::vector<Type>& types, const MakeColumn& make_column, std::uint64_t seed) {
  auto memory = MemoryBudget::create();
  std::mt19937_64 random(seed);
  KeyIndex index(types, *memory);
  KeyLookup lookup;
  std::map<std::string, std::uint32_t> expected;
  std::vector<std::uint32_t> ids;
  for (std::size_t rows : {std::size_t{0}, std::size_t{1}, std::size_t{65}, std::size_t{900}, std::size_t{5000}}) {
    std::vector<Column> keys;
    for (const Type& type : types)
      keys.push_back(make_column(*memory, type, rows + 3, random).slice(3, static_cast<std::int64_t>(rows)));

    std::vector<std::int32_t> found;
    index.find(keys, rows, lookup, found);
    for (std::size_t row = 0; row < rows; ++row) {
      std::string text = key_text(keys, static_cast<std::int64_t>(row));
      auto place = expected.find(text);
      bool is_there = place != expected.end() && text.find("<null>") == std::string::npos;
      REQUIRE(found[row] == (is_there ? static_cast<std::int32_t>(place->second) : -1));
    }

    index.insert(keys, rows, ids);
    REQUIRE(ids.size() == rows);
    for (std::size_t row = 0; row < rows; ++row) {
      auto place = expected.emplace(key_text(keys, static_cast<std::int64_t>(row)), expected.size()).first;
      REQUIRE(ids[row] == place->second);
    }
    CHECK(index.size() == expected.size());

    KeyLookup later_lookup;
    index.find(keys, rows, later_lookup, found);
    for (std::size_t row = 0; row < rows; ++row) {
      std::string text = key_text(keys, static_cast<std::int64_t>(row));
      bool has_null = text.find("<null>") != std::string::npos;
      REQUIRE(found[row] == (has_null ? -1 : static_cast<std::int32_t>(expected.at(text))));
    }
  }
}

/// The numbers that insert_rows gives are the first rows of the keys, and find() gives them again.
void check_rows(const std::vector<Type>& types, const MakeColumn& make_column, std::size_t rows, std::uint64_t seed) {
  auto memory = MemoryBudget::create();
  std::mt19937_64 random(seed);
  KeyIndex index(types, *memory);
  std::vector<Column> keys;
  for (const Type& type : types) keys.push_back(make_column(*memory, type, rows, random));
  std::vector<std::int32_t> first_rows(rows);
  index.insert_rows(keys, rows, first_rows);
  std::map<std::string, std::int32_t> expected;
  for (std::size_t row = 0; row < rows; ++row) {
    std::string text = key_text(keys, static_cast<std::int64_t>(row));
    bool has_null = text.find("<null>") != std::string::npos;
    auto first = has_null ? -1 : expected.emplace(text, static_cast<std::int32_t>(row)).first->second;
    REQUIRE(first_rows[row] == first);
  }
  CHECK(index.size() == expected.size());
  KeyLookup lookup;
  std::vector<std::int32_t> found;
  index.find(keys, rows, lookup, found);
  CHECK(found == first_rows);
}

/// Values that no two batches have in one range: the extremes of the type, ever further from zero, and near zero.
Column wide_column(MemoryBudget& memory, const Type& type, std::size_t rows, std::mt19937_64& random) {
  ColumnBuilder builder(memory, type);
  for (std::size_t row = 0; row < rows; ++row) {
    auto bits = static_cast<std::int64_t>(random());
    std::int64_t value = random() % 4 == 0 ? bits : bits >> (rows < 100 ? 60 : random() % 64);
    if (random() % 50 == 0) value = random() % 2 == 0 ? INT64_MIN : INT64_MAX;
    if (random() % 20 == 0) {
      builder.append_null();
    } else if (type.kind() == TypeKind::kString) {
      builder.append_string(std::to_string(value));
    } else if (type.kind() == TypeKind::kFloat64) {
      builder.append(std::bit_cast<double>(value));
    } else if (type.kind() == TypeKind::kInt32) {
      builder.append(static_cast<std::int32_t>(value));
    } else {
      builder.append(value);
    }
  }
  return builder.finish();
}

/// Ascending values, as ids and times are: the range grows with every batch.
Column ascending_column(MemoryBudget& memory, const Type& type, std::size_t rows, std::mt19937_64& random) {
  ColumnBuilder builder(memory, type);
  for (std::size_t row = 0; row < rows; ++row) {
    std::int64_t value = static_cast<std::int64_t>(rows * rows + row) - static_cast<std::int64_t>(random() % 3);
    if (rows % 2 == 1) value = -value;
    if (type.kind() == TypeKind::kString) {
      builder.append_string(std::to_string(value));
    } else {
      builder.append(value);
    }
  }
  return builder.finish();
}

}  // namespace

TEST_CASE("keys get numbers in order of first appearance, for every kind of key") {
  Type decimal = Type::decimal(38, 2);
  std::vector<std::vector<Type>> kinds = {{TypeKind::kInt64},
                                          {TypeKind::kInt32},
                                          {TypeKind::kFloat64},
                                          {TypeKind::kString},
                                          {decimal},
                                          {TypeKind::kInt64, TypeKind::kString},
                                          {TypeKind::kString, TypeKind::kString, TypeKind::kFloat64, decimal}};
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    CAPTURE(i);
    check_against_map(kinds[i], random_column, 100 + i);
    check_rows(kinds[i], random_column, 1, 200 + i);
    check_rows(kinds[i], random_column, repetitions<std::size_t>(20'000), 300 + i);
    for (std::uint64_t seed = 0; seed < 4; ++seed)
      check_against_map(kinds[i], random_coded_column, 800 + 10 * i + seed);
    check_rows(kinds[i], random_coded_column, repetitions<std::size_t>(20'000), 900 + i);
  }
}

TEST_CASE("keys over the whole range of their types, in one column or several") {
  std::vector<std::vector<Type>> kinds = {
      {TypeKind::kInt64},
      {TypeKind::kInt32},
      {TypeKind::kFloat64},
      {TypeKind::kInt64, TypeKind::kInt64},
      {TypeKind::kInt32, TypeKind::kTimestamp},
      {TypeKind::kString, TypeKind::kTimestamp},
      {TypeKind::kFloat64, TypeKind::kInt64, TypeKind::kString},
      {TypeKind::kInt64, TypeKind::kInt32, TypeKind::kFloat64, TypeKind::kString, TypeKind::kInt64, TypeKind::kInt64}};
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    CAPTURE(i);
    check_against_map(kinds[i], wide_column, 400 + i);
    check_rows(kinds[i], wide_column, repetitions<std::size_t>(20'000), 500 + i);
  }
}

TEST_CASE("keys that ascend or descend from batch to batch") {
  std::vector<std::vector<Type>> kinds = {{TypeKind::kInt64},
                                          {TypeKind::kInt64, TypeKind::kInt64},
                                          {TypeKind::kString, TypeKind::kTimestamp},
                                          {TypeKind::kInt64, TypeKind::kInt64, TypeKind::kInt64, TypeKind::kString}};
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    CAPTURE(i);
    check_against_map(kinds[i], ascending_column, 600 + i);
    check_rows(kinds[i], ascending_column, repetitions<std::size_t>(40'000), 700 + i);
  }
}

TEST_CASE("strings that only join to the same bytes are different keys") {
  auto memory = MemoryBudget::create();
  ColumnBuilder first(*memory, TypeKind::kString);
  ColumnBuilder second(*memory, TypeKind::kString);
  first.append_string("ab");
  second.append_string("c");
  first.append_string("a");
  second.append_string("bc");
  std::vector<Column> keys = {first.finish(), second.finish()};
  KeyIndex index({TypeKind::kString, TypeKind::kString}, *memory);
  std::vector<std::uint32_t> ids;
  index.insert(keys, 2, ids);
  CHECK(ids == std::vector<std::uint32_t>{0, 1});
}

TEST_CASE("no key at all is one key") {
  auto memory = MemoryBudget::create();
  KeyIndex index({}, *memory);
  std::vector<std::uint32_t> ids;
  index.insert({}, 3, ids);
  CHECK(ids == std::vector<std::uint32_t>{0, 0, 0});
}

TEST_CASE("lists cannot be keys, and what a table takes is charged") {
  auto memory = MemoryBudget::create(1 << 20);
  CHECK_THROWS_WITH_AS(KeyIndex({Type::list(TypeKind::kInt64)}, *memory), doctest::Contains("cannot be a key"), Error);
  KeyIndex index({TypeKind::kInt64}, *memory);
  std::vector<std::uint32_t> ids;
  auto fill = [&] {
    for (std::int64_t start = 0;; start += 1000) {
      ColumnBuilder builder(*memory, TypeKind::kInt64);
      for (std::int64_t i = 0; i < 1000; ++i) builder.append(start + i);
      std::vector<Column> keys = {builder.finish()};
      index.insert(keys, 1000, ids);
    }
  };
  CHECK_THROWS_WITH_AS(fill(), doctest::Contains("memory budget"), Error);
}

}  // namespace headrace
