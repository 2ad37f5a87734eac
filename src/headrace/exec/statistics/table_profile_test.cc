// Figures against plain computations on random data, and their bits for any number of workers.
#include "headrace/exec/statistics/table_profile.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "headrace/column/column_builder.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

Schema schema() {
  return Schema({{"small", TypeKind::kInt32},
                 {"wide", TypeKind::kInt64},
                 {"price", TypeKind::kFloat64},
                 {"score", TypeKind::kFloat32},
                 {"flag", TypeKind::kBool},
                 {"day", TypeKind::kDate},
                 {"word", TypeKind::kString},
                 {"id", TypeKind::kString},
                 {"tags", Type::list(TypeKind::kInt64)},
                 {"pair", Type::fixed_size_list(TypeKind::kFloat32, 2)}});
}

Batch random_batch(MemoryBudget& memory, std::mt19937_64& random, std::int64_t rows) {
  std::vector<ColumnBuilder> builders;
  Schema fields = schema();
  for (const Field& field : fields) builders.emplace_back(memory, field.type);
  std::normal_distribution<double> normal(50, 10);
  for (std::int64_t row = 0; row < rows; ++row) {
    builders[0].append(static_cast<std::int32_t>(random() % 20));
    builders[1].append(static_cast<std::int64_t>(random()));
    random() % 5 == 0 ? builders[2].append_null() : builders[2].append(normal(random));
    builders[3].append(random() % 9 == 0 ? std::nanf("") : static_cast<float>(random() % 100) / 4);
    builders[4].append(static_cast<std::uint8_t>(random() % 2));
    builders[5].append(static_cast<std::int32_t>(15000 + random() % 100));
    random() % 7 == 0 ? builders[6].append_null() : builders[6].append_string("w" + std::to_string(random() % 30));
    builders[7].append_string(fmt::format("{:030}", random() % 100000));
    for (std::uint64_t i = random() % 4; i > 0; --i) builders[8].child(0).append(static_cast<std::int64_t>(i));
    builders[8].append_list_end();
    for (int i = 0; i < 2; ++i) builders[9].child(0).append(static_cast<float>(random() % 2));
    builders[9].append_struct_end();
  }
  Batch batch{std::make_shared<const Schema>(fields), {}, rows};
  for (ColumnBuilder& builder : builders) batch.columns.push_back(builder.finish());
  return batch;
}

std::vector<Batch> random_batches(MemoryBudget& memory, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Batch> batches;
  for (int i = 0; i < 12; ++i) {
    Batch batch = random_batch(memory, random, static_cast<std::int64_t>(random() % 3000));
    std::int64_t cut = static_cast<std::int64_t>(random() % 5);
    if (cut < batch.row_count) batch = batch.slice(cut, batch.row_count - cut);
    batches.push_back(std::move(batch));
  }
  return batches;
}

/// The rows picked by codes from one dictionary, which all batches share.
std::vector<Batch> coded(MemoryBudget& memory, const std::vector<Batch>& batches) {
  Batch all = concat(memory, batches.front().schema, batches);
  std::vector<std::shared_ptr<const Column>> dictionaries;
  for (const Column& column : all.columns) dictionaries.push_back(std::make_shared<const Column>(column));
  std::vector<Batch> result;
  std::int32_t at = 0;
  for (const Batch& batch : batches) {
    auto codes = Buffer::allocate(memory, static_cast<std::size_t>(batch.row_count) * sizeof(std::int32_t));
    for (std::int64_t row = 0; row < batch.row_count; ++row) codes->mutable_as<std::int32_t>()[row] = at++;
    Batch one{batch.schema, {}, batch.row_count};
    for (const auto& dictionary : dictionaries) {
      one.columns.push_back(Column::dictionary(batch.row_count, codes, dictionary));
    }
    result.push_back(std::move(one));
  }
  return result;
}

TableFigures figures_of(const std::vector<Batch>& batches, std::size_t threads,
                        std::shared_ptr<MemoryBudget> memory = MemoryBudget::create()) {
  RunContext context;
  context.thread_count = threads;
  context.memory = std::move(memory);
  TableProfile profile(batches.front().schema, context);
  run_tasks(batches.size(), threads, *context.cancellation,
            [&](std::size_t i, std::size_t worker) { profile.add(batches[i], worker); });
  return profile.figures();
}

std::string text_of(const ColumnFigures& column) {
  std::string text = fmt::format("{} {} rows {} nulls {} nans {} counted {}", column.name, column.type, column.rows,
                                 column.nulls, column.nans, column.is_counted);
  if (column.distinct) text += fmt::format(" distinct {} {}", column.distinct->count, column.distinct->is_exact);
  if (column.min) text += " " + column.min->to_string() + " " + column.max->to_string();
  if (column.mean) text += fmt::format(" mean {:a}", *column.mean);
  if (column.stddev) text += fmt::format(" stddev {:a}", *column.stddev);
  for (const auto& [percent, value] : column.quantiles) text += fmt::format(" {}%={}", percent, value.to_string());
  for (const auto& [value, count] : column.top) text += fmt::format(" {}:{}", value.to_string(), count);
  if (column.histogram) {
    for (const Value& edge : column.histogram->edges) text += " " + edge.to_string();
    for (std::int64_t count : column.histogram->counts) text += fmt::format(" {}", count);
  }
  if (column.lengths) {
    text += fmt::format(" lengths {} {} {:a}", column.lengths->min, column.lengths->max, column.lengths->mean);
  }
  for (const ColumnFigures& element : column.elements) text += " [" + text_of(element) + "]";
  return text;
}

std::string text_of(const TableFigures& table) {
  std::string text = fmt::format("{} rows\n", table.rows);
  for (const ColumnFigures& column : table.columns) text += text_of(column) + "\n";
  return text;
}

/// The present values of a column, as doubles, in ascending order.
std::vector<double> sorted_values(const std::vector<Batch>& batches, std::size_t index) {
  std::vector<double> values;
  for (const Batch& batch : batches) {
    for (std::int64_t row = 0; row < batch.row_count; ++row) {
      if (batch.columns[index].is_null(row)) continue;
      Value value = value_at(batch.columns[index], row);
      const double* number = std::get_if<double>(&value.data);
      double one = number != nullptr ? *number : static_cast<double>(value.as_int());
      if (!std::isnan(one)) values.push_back(one);
    }
  }
  std::ranges::sort(values);
  return values;
}

double number_of(const Value& value) {
  const double* number = std::get_if<double>(&value.data);
  return number != nullptr ? *number : static_cast<double>(value.as_int());
}

void check_numbers(const ColumnFigures& column, const std::vector<double>& values) {
  CAPTURE(column.name);
  long double sum = 0;
  for (double value : values) sum += value;
  double mean = static_cast<double>(sum / static_cast<long double>(values.size()));
  long double squares = 0;
  for (double value : values) squares += (static_cast<long double>(value) - mean) * (value - mean);
  CHECK(column.mean == doctest::Approx(mean).epsilon(1e-12));
  CHECK(column.stddev ==
        doctest::Approx(std::sqrt(static_cast<double>(squares / static_cast<long double>(values.size() - 1)))));
  CHECK(number_of(*column.min) == values.front());
  CHECK(number_of(*column.max) == values.back());
  for (const auto& [percent, value] : column.quantiles) {
    CAPTURE(percent);
    std::size_t rank = (values.size() * static_cast<std::size_t>(percent) + 99) / 100 - 1;
    if (column.is_counted) {
      CHECK(number_of(value) == values[rank]);
    } else {
      // Within a hundredth of the ranks.
      std::size_t slack = values.size() / 100 + 1;
      CHECK(number_of(value) >= values[rank - std::min(rank, slack)]);
      CHECK(number_of(value) <= values[std::min(rank + slack, values.size() - 1)]);
    }
  }
  std::set<double> distinct(values.begin(), values.end());
  auto distinct_count = static_cast<double>(distinct.size());
  CHECK(column.distinct->is_exact == (distinct.size() <= 4096));
  CHECK(static_cast<double>(column.distinct->count) ==
        doctest::Approx(distinct_count).epsilon(column.distinct->is_exact ? 1e-15 : 0.07));
  REQUIRE(column.histogram);
  std::int64_t total = 0;
  for (std::size_t i = 0; i < column.histogram->counts.size(); ++i) {
    std::int64_t count = column.histogram->counts[i];
    total += count;
    double from = number_of(column.histogram->edges[i]);
    double to = number_of(column.histogram->edges[i + 1]);
    bool is_last = i + 1 == column.histogram->counts.size();
    std::int64_t expected = std::ranges::count_if(
        values, [&](double value) { return value >= from && (value < to || (is_last && value == to)); });
    double slack = column.is_counted ? 0 : 0.01 * static_cast<double>(values.size());
    CHECK(std::abs(static_cast<double>(count - expected)) <= slack);
  }
  CHECK(total == std::ssize(values));
}

TEST_CASE("figures of numbers are those of plain computations") {
  auto memory = MemoryBudget::create();
  std::vector<Batch> batches = random_batches(*memory, 1);
  TableFigures table = figures_of(batches, 1);
  for (std::size_t index : {0, 1, 2, 3}) check_numbers(table.columns[index], sorted_values(batches, index));
  CHECK(table.columns[0].is_counted);
  CHECK(!table.columns[1].is_counted);
  CHECK(table.columns[3].nans > 0);
  std::int64_t nulls = 0;
  for (const Batch& batch : batches) nulls += batch.columns[2].null_count();
  CHECK(table.columns[2].nulls == nulls);
  CHECK(table.columns[5].min->to_string().starts_with("date '2011"));
}

TEST_CASE("figures of texts count the values while there are few, and estimate how many there are beyond") {
  auto memory = MemoryBudget::create();
  std::vector<Batch> batches = random_batches(*memory, 2);
  TableFigures table = figures_of(batches, 2);
  std::map<std::string, std::int64_t> counts;
  std::set<std::string> ids;
  for (const Batch& batch : batches) {
    for (std::int64_t row = 0; row < batch.row_count; ++row) {
      if (!batch.columns[6].is_null(row)) ++counts[std::string(batch.columns[6].string_at(row))];
      ids.insert(std::string(batch.columns[7].string_at(row)));
    }
  }
  const ColumnFigures& word = table.columns[6];
  CHECK(word.distinct->count == std::ssize(counts));
  REQUIRE(word.top.size() == 20);
  for (const auto& [value, count] : word.top) CHECK(counts.at(value.as_string()) == count);
  for (std::size_t i = 1; i < word.top.size(); ++i) CHECK(word.top[i - 1].count >= word.top[i].count);
  CHECK(word.min->as_string() == counts.begin()->first);
  const ColumnFigures& id = table.columns[7];
  CHECK(id.top.empty());
  CHECK(!id.distinct->is_exact);
  CHECK(static_cast<double>(id.distinct->count) == doctest::Approx(static_cast<double>(ids.size())).epsilon(0.07));
  CHECK(id.lengths->min == 30);
  CHECK(id.lengths->max == 30);
}

TEST_CASE("figures of lists are those of their lengths and elements") {
  auto memory = MemoryBudget::create();
  std::vector<Batch> batches = random_batches(*memory, 3);
  TableFigures table = figures_of(batches, 1);
  const ColumnFigures& tags = table.columns[8];
  CHECK(tags.lengths->min == 0);
  CHECK(tags.lengths->max == 3);
  REQUIRE(tags.elements.size() == 1);
  CHECK(tags.elements[0].distinct->count == 3);
  const ColumnFigures& pair = table.columns[9];
  CHECK(pair.elements[0].rows == 2 * table.rows);
  CHECK(pair.elements[0].distinct->count == 2);
}

TEST_CASE("figures have the same bits for any number of workers, plain or coded") {
  auto memory = MemoryBudget::create();
  std::vector<Batch> batches = random_batches(*memory, 4);
  std::string expected = text_of(figures_of(batches, 1));
  std::mt19937_64 random(9);
  std::vector<Batch> coded_batches = coded(*memory, batches);
  for (std::size_t threads = 1; threads <= 8; ++threads) {
    std::ranges::shuffle(batches, random);
    CHECK(text_of(figures_of(batches, threads)) == expected);
    CHECK(text_of(figures_of(coded_batches, threads)) == expected);
  }
}

TEST_CASE("figures have the same bits when the rows were seen by several processes") {
  auto memory = MemoryBudget::create();
  std::vector<Batch> batches = random_batches(*memory, 6);
  RunContext context;
  std::string expected = text_of(figures_of(batches, 1));
  for (std::size_t count : {1u, 3u, 12u}) {
    TableProfile all(batches.front().schema, context);
    for (std::size_t process = 0; process < count; ++process) {
      TableProfile own(batches.front().schema, context);
      for (std::size_t i = process; i < batches.size(); i += count) own.add(batches[i], 0);
      all.merge(own.to_bytes());
    }
    CHECK(text_of(all.figures()) == expected);
  }
}

TEST_CASE("what another process left out is left out, and bytes that are no statistics are refused") {
  auto memory = MemoryBudget::create();
  std::vector<Batch> batches = random_batches(*memory, 7);
  RunContext context;
  RunContext small;
  small.memory = MemoryBudget::create(10000);
  TableProfile none(batches.front().schema, small);
  none.add(batches[0], 0);
  TableProfile all(batches.front().schema, context);
  all.add(batches[0], 0);
  all.merge(none.to_bytes());
  CHECK(all.figures().left_out.find("memory") != std::string::npos);

  TableProfile own(batches.front().schema, context);
  for (const Batch& batch : batches) own.add(batch, 0);
  std::string bytes = own.to_bytes();
  for (std::size_t cut = 0; cut < bytes.size(); cut += bytes.size() / 500) {
    TableProfile damaged(batches.front().schema, context);
    CHECK_THROWS_WITH_AS(damaged.merge(std::string_view(bytes).substr(0, cut)),
                         doctest::Contains("not statistics of columns"), Error);
  }
}

TEST_CASE("statistics that have no room are left out, say so, and give back what they took") {
  auto memory = MemoryBudget::create();
  std::vector<Batch> batches = random_batches(*memory, 5);
  for (std::size_t limit_bytes : {std::size_t{10000}, std::size_t{1000000}}) {
    auto small = MemoryBudget::create(limit_bytes);
    TableFigures table = figures_of(batches, 2, small);
    CHECK(!table.left_out.empty());
    CHECK(table.columns.empty());
    CHECK(small->used_bytes() == 0);
  }
  CHECK(figures_of(batches, 2, MemoryBudget::create(64 << 20)).left_out.empty());
}

}  // namespace
}  // namespace headrace
