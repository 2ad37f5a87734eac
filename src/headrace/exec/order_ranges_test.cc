// Rows that are dealt to ranges and ordered range by range are in the order that they have when ordered at once.
#include "headrace/exec/order_ranges.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <doctest/doctest.h>

#include "headrace/column/column_builder.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

Schema schema() {
  return Schema({{"day", TypeKind::kInt32}, {"score", TypeKind::kFloat64}, {"row", TypeKind::kInt64}});
}

Batch random_rows(MemoryBudget& memory, std::int64_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<ColumnBuilder> builders;
  Schema fields = schema();
  for (const Field& field : fields) builders.emplace_back(memory, field.type);
  for (std::int64_t row = 0; row < count; ++row) {
    random() % 9 == 0 ? builders[0].append_null() : builders[0].append(static_cast<std::int32_t>(random() % 6));
    random() % 9 == 0 ? builders[1].append_null() : builders[1].append(static_cast<double>(random() % 1000) / 8);
    builders[2].append(row);
  }
  Batch batch{std::make_shared<const Schema>(fields), {}, count};
  for (ColumnBuilder& builder : builders) batch.columns.push_back(builder.finish());
  return batch;
}

std::vector<std::int32_t> sorted(const OrderColumns& columns, const Batch& rows,
                                 const std::shared_ptr<MemoryBudget>& memory) {
  SortKeys keys(memory);
  keys.make(columns.of(rows), columns.orders, {});
  return keys.order();
}

OrderRanges ranges_of(const OrderColumns& columns, const Batch& rows, std::size_t count,
                      const std::shared_ptr<MemoryBudget>& memory) {
  OrderRanges ranges;
  ranges.row_count = static_cast<std::uint64_t>(rows.row_count);
  ranges.count = count;
  KeySample sample(columns, as_they_are(rows.schema), 3, memory);
  ranges.starts = cut_ranges(sample.keys_of(rows, sample.rows_of(0, rows.row_count), {}), count);
  return ranges;
}

}  // namespace

TEST_CASE("ranges that are sorted by themselves follow one another as all rows do when they are sorted") {
  auto memory = MemoryBudget::create();
  Batch rows = random_rows(*memory, 5000, 1);
  RowOrder by_both{{"day"}, {{"score", true}}, {}};
  RowOrder by_score{{}, {{"score", false}}, {}};
  RowOrder by_day{{"day"}, {}, 7};
  for (const RowOrder& order : {by_both, by_score, by_day}) {
    OrderColumns columns(order, schema());
    std::vector<std::int32_t> expected = sorted(columns, rows, memory);
    for (std::size_t count : {1u, 2u, 7u, 40u}) {
      CAPTURE(count);
      RangeDealer dealer(order, schema(), ranges_of(columns, rows, count, memory), memory);
      std::map<std::uint32_t, std::vector<std::int32_t>> by_range;
      std::vector<std::uint32_t> ranges = dealer.ranges_of(rows, 0);
      for (std::size_t i = 0; i < ranges.size(); ++i) by_range[ranges[i]].push_back(static_cast<std::int32_t>(i));
      CHECK(by_range.size() <= count);
      if (count == 7 && !order.sort_by.empty()) {
        for (const auto& [range, some] : by_range) CHECK(some.size() < 2 * 5000 / 7);
      }
      std::vector<std::int32_t> found;
      for (const auto& [range, some] : by_range) {
        Batch own = gather(*memory, rows, some);
        for (std::int32_t at : sorted(columns, own, memory)) found.push_back(some[static_cast<std::size_t>(at)]);
      }
      CHECK(found == expected);
    }
  }
}

TEST_CASE("rows are dealt to the same ranges, however they were cut into batches") {
  auto memory = MemoryBudget::create();
  Batch rows = random_rows(*memory, 3000, 2);
  for (const RowOrder& order : {RowOrder{{}, {{"score", false}}, {}}, RowOrder{{}, {}, 5}}) {
    OrderColumns columns(order, schema());
    OrderRanges ranges = ranges_of(columns, rows, 5, memory);
    if (!is_cut_by_keys(order)) ranges.starts.clear();
    RangeDealer dealer(order, schema(), ranges, memory);
    std::vector<std::uint32_t> whole = dealer.ranges_of(rows, 0);
    std::vector<std::uint32_t> pieces;
    for (std::int64_t at = 0; at < rows.row_count; at += 700) {
      Batch piece = rows.slice(at, std::min<std::int64_t>(700, rows.row_count - at));
      for (std::uint32_t range : dealer.ranges_of(piece, static_cast<std::uint64_t>(at))) pieces.push_back(range);
    }
    CHECK(pieces == whole);
  }
}

TEST_CASE("a shuffle deals rows evenly, and shuffles each range by a seed of its own") {
  auto memory = MemoryBudget::create();
  RowOrder order{{}, {}, 42};
  OrderRanges ranges;
  ranges.row_count = 10007;
  ranges.count = 10;
  RangeDealer dealer(order, schema(), ranges, memory);
  Batch rows = random_rows(*memory, 10007, 3);
  std::map<std::uint32_t, std::int64_t> counts;
  for (std::uint32_t range : dealer.ranges_of(rows, 0)) ++counts[range];
  CHECK(counts.size() == 10);
  for (const auto& [range, count] : counts) CHECK(std::abs(count - 1001) <= 1);
  std::set<std::uint64_t> seeds;
  for (std::size_t range = 0; range < 10; ++range) seeds.insert(*order_in_range(order, range).shuffle);
  CHECK(seeds.size() == 10);
}

TEST_CASE("a key that comes often begins one range") {
  std::vector<std::string> sample(100, "b");
  sample.push_back("a");
  sample.push_back("c");
  CHECK(cut_ranges(sample, 10) == std::vector<std::string>{"b"});
  CHECK(cut_ranges({}, 10).empty());
}

TEST_CASE("a sample has the rows whose number is a multiple of its step, however the rows are cut") {
  auto memory = MemoryBudget::create();
  Batch rows = random_rows(*memory, 1000, 3);
  OrderColumns columns(RowOrder{{"day"}, {{"score", true}}, {}}, *rows.schema);
  KeySample sample(columns, as_they_are(rows.schema), 7, memory);
  std::vector<std::string> whole = sample.keys_of(rows, sample.rows_of(0, rows.row_count), {});
  CHECK(whole.size() == 143);
  CHECK(sample.rows_of(6, 9) == std::vector<std::int32_t>{1, 8});
  CHECK(sample.rows_of(8, 6).empty());
  std::vector<std::string> parts;
  for (std::int64_t start = 0; start < 1000; start += 90) {
    Batch part = rows.slice(start, std::min<std::int64_t>(90, 1000 - start));
    auto first = static_cast<std::uint64_t>(start);
    std::ranges::copy(sample.keys_of(part, sample.rows_of(first, part.row_count), {}), std::back_inserter(parts));
  }
  CHECK(parts == whole);
}

}  // namespace headrace
