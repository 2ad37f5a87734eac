// Every aggregate of every type against a slow reference, and that order and split of the rows do not change a bit.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "headrace/column/decimal.h"
#include "headrace/expr/aggregate/check_aggregate.h"

namespace headrace {
namespace {

/// Random rows of a type: few different values, so that groups and values meet; a tenth is null.
Column random_column(std::mt19937_64& random, const Type& type, std::int64_t rows) {
  ColumnBuilder builder(test_memory(), type);
  for (std::int64_t row = 0; row < rows; ++row) {
    std::uint64_t draw = random();
    auto small = static_cast<std::int64_t>(draw % 200) - 100;
    if (draw % 10 == 3) {
      builder.append_null();
      continue;
    }
    switch (type.kind()) {
      case TypeKind::kBool: builder.append(static_cast<std::uint8_t>(draw >> 8 & 1)); break;
      case TypeKind::kInt8: builder.append(static_cast<std::int8_t>(small)); break;
      case TypeKind::kInt16: builder.append(static_cast<std::int16_t>(small * 300)); break;
      case TypeKind::kInt32: builder.append(static_cast<std::int32_t>(small * 20'000'000)); break;
      case TypeKind::kDate: builder.append(static_cast<std::int32_t>(small)); break;
      case TypeKind::kFloat32: builder.append(static_cast<float>(small) / 7.0F); break;
      case TypeKind::kFloat64:
        builder.append(std::ldexp(static_cast<double>(small) / 3.0, static_cast<int>(draw >> 32 & 31)));
        break;
      case TypeKind::kDecimal128: builder.append(static_cast<Int128>(small) << 60); break;
      case TypeKind::kString:
      case TypeKind::kBinary:
        builder.append_string(std::string(draw % 40, 'x') + std::to_string(small / 10) + "ü");
        break;
      default: builder.append(small << 40); break;
    }
  }
  return builder.finish();
}

bool same_bits(const Column& a, const Column& b) {
  if (a.length() != b.length()) return false;
  for (std::int64_t row = 0; row < a.length(); ++row) {
    if (a.is_null(row) != b.is_null(row)) return false;
    if (a.is_null(row)) continue;
    std::size_t bytes = a.type().value_bytes();
    auto at = static_cast<std::size_t>(row) * bytes;
    bool same = bytes == 0 ? a.string_at(row) == b.string_at(row)
                           : std::memcmp(a.raw_values() + at, b.raw_values() + at, bytes) == 0;
    if (!same) return false;
  }
  return true;
}

/// Merges the groups of `part` in two goes, some in the first and the others in the second.
void merge_some(std::mt19937_64& random, GroupedAggregate& total, const GroupedAggregate& part, const Groups& global) {
  std::array<Groups, 2> from;
  std::array<Groups, 2> to;
  for (std::uint32_t group = 0; group < global.size(); ++group) {
    std::size_t go = random() % 2;
    from[go].push_back(group);
    to[go].push_back(global[group]);
  }
  for (std::size_t go : {0U, 1U}) total.merge(part, from[go], to[go]);
}

/// Aggregates the rows in a random order, in batches of random size, in parts that number their groups differently and
/// are merged in a random order.
Column aggregated_in_parts(std::mt19937_64& random, std::string_view name, const Column& column, const Groups& groups,
                           std::uint32_t group_count) {
  std::vector<std::int64_t> rows(groups.size());
  std::iota(rows.begin(), rows.end(), 0);
  std::shuffle(rows.begin(), rows.end(), random);
  const AggregateFunction& function = *find_aggregate(name);
  std::unique_ptr<GroupedAggregate> total = function.make(column.type(), test_memory());
  total->resize(group_count);
  for (std::size_t begin = 0; begin < rows.size();) {
    std::size_t end = std::min(rows.size(), begin + 1 + random() % 400);
    std::unique_ptr<GroupedAggregate> part = function.make(column.type(), test_memory());
    std::map<std::uint32_t, std::uint32_t> local;
    Groups global;
    while (begin < end) {
      std::size_t batch_end = std::min(end, begin + 1 + random() % 90);
      std::vector<std::int64_t> batch_rows(rows.begin() + static_cast<std::ptrdiff_t>(begin),
                                           rows.begin() + static_cast<std::ptrdiff_t>(batch_end));
      Groups batch_groups;
      for (std::int64_t row : batch_rows) {
        std::uint32_t group = groups[static_cast<std::size_t>(row)];
        auto [found, is_new] = local.try_emplace(group, static_cast<std::uint32_t>(global.size()));
        if (is_new) global.push_back(group);
        batch_groups.push_back(found->second);
      }
      part->resize(global.size());
      Column taken = take_rows(column, batch_rows);
      part->update(&taken, batch_groups);
      begin = batch_end;
    }
    merge_some(random, *total, *part, global);
  }
  return total->finish(test_memory());
}

/// What a group must give, computed from its valid values one by one. Floats may differ in the last bits.
std::string slow_result(std::string_view name, const Column& column, const std::vector<std::int64_t>& rows) {
  if (name == "count") return std::to_string(rows.size());
  std::set<std::string> distinct;
  for (std::int64_t row : rows) distinct.insert(format_cell(column, row));
  if (name == "count_distinct") return std::to_string(distinct.size());
  if (rows.empty()) return "null";
  if (name == "sum" && column.type().is_integer()) {
    std::int64_t sum = 0;
    for (std::int64_t row : rows) sum += value_at(column, row).as_int();
    return std::to_string(sum);
  }
  if (name == "sum" && column.type().kind() == TypeKind::kDecimal128) {
    Int128 sum = 0;
    for (std::int64_t row : rows) sum += std::get<Int128>(value_at(column, row).data);
    return format_decimal(sum, column.type().scale());
  }
  if (name == "min" || name == "max") {
    auto less = [&](std::int64_t a, std::int64_t b) {
      Value left = value_at(column, a);
      Value right = value_at(column, b);
      return left.data < right.data;
    };
    auto [least, greatest] = std::minmax_element(rows.begin(), rows.end(), less);
    return format_cell(column, name == "min" ? *least : *greatest);
  }
  return "";
}

/// The mean and the variances, in 80 bits.
long double slow_float(std::string_view name, const Column& column, const std::vector<std::int64_t>& rows) {
  long double sum = 0;
  long double squares = 0;
  auto value = [&](std::int64_t row) {
    if (column.type().is_floating()) return static_cast<long double>(value_at(column, row).as_double());
    return static_cast<long double>(value_at(column, row).as_int());
  };
  auto count = static_cast<long double>(rows.size());
  for (std::int64_t row : rows) sum += value(row);
  if (name == "sum") return sum;
  if (name == "mean") return sum / count;
  for (std::int64_t row : rows) squares += (value(row) - sum / count) * (value(row) - sum / count);
  long double variance = squares / (name.ends_with("_pop") ? count : count - 1);
  return name.starts_with("stddev") ? std::sqrt(variance) : variance;
}

std::vector<Type> types_of(std::string_view name) {
  std::vector<Type> types = {TypeKind::kInt8,    TypeKind::kInt16,   TypeKind::kInt32,    TypeKind::kInt64,
                             TypeKind::kFloat32, TypeKind::kFloat64, Type::decimal(30, 4)};
  if (name.starts_with("var") || name.starts_with("stddev")) return {TypeKind::kFloat64};
  if (name == "sum" || name == "mean") return types;
  for (TypeKind kind : {TypeKind::kBool, TypeKind::kDate, TypeKind::kTimestamp, TypeKind::kString, TypeKind::kBinary}) {
    types.emplace_back(kind);
  }
  return types;
}

TEST_CASE("every aggregate of every type: as a slow loop has it, and the same bits for any order and split") {
  std::mt19937_64 random(2013);
  constexpr std::uint32_t kGroups = 13;
  constexpr std::int64_t kRows = 2500;
  constexpr std::int64_t kOffset = 3;
  for (const AggregateFunction* function : all_aggregates()) {
    CAPTURE(function->name);
    for (const Type& type : types_of(function->name)) {
      CAPTURE(type.to_string());
      Column column = random_column(random, type, kRows + kOffset + 1).slice(kOffset, kRows);
      Groups groups;
      std::vector<std::vector<std::int64_t>> valid_rows(kGroups);
      for (std::int64_t row = 0; row < kRows; ++row) {
        groups.push_back(static_cast<std::uint32_t>(random() % (kGroups - 1)));
        if (!column.is_null(row)) valid_rows[groups.back()].push_back(row);
      }
      Column result = updated(function->name, column, groups, kGroups)->finish(test_memory());
      for (std::uint32_t group = 0; group < kGroups; ++group) {
        std::string slow = slow_result(function->name, column, valid_rows[group]);
        if (!slow.empty()) {
          CHECK(format_cell(result, group) == slow);
        } else if (type.kind() != TypeKind::kDecimal128) {
          auto expected = static_cast<double>(slow_float(function->name, column, valid_rows[group]));
          CHECK(result.values<double>()[group] == doctest::Approx(expected).epsilon(1e-12));
        }
      }
      for (int round = 0; round < 3; ++round) {
        CHECK(same_bits(aggregated_in_parts(random, function->name, column, groups, kGroups), result));
      }
    }
  }
}

}  // namespace
}  // namespace headrace
