// That rows in dictionary layout are fitted to the bits that plain rows are, for any number of threads.
#include "headrace/exec/fit_features.h"

#include <random>

#include <doctest/doctest.h>

#include "headrace/column/column_builder.h"
#include "headrace/exec/table.h"
#include "headrace/expr/parse.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

/// A dimension of `row_count` rows: a number, sometimes null or NaN, and a word, sometimes null.
Batch dimension(MemoryBudget& memory, std::mt19937_64& random, std::int64_t row_count) {
  ColumnBuilder numbers(memory, TypeKind::kFloat64), words(memory, TypeKind::kString);
  for (std::int64_t i = 0; i < row_count; ++i) {
    switch (random() % 16) {
      case 0: numbers.append_null(); break;
      case 1: numbers.append(std::numeric_limits<double>::quiet_NaN()); break;
      default: numbers.append(static_cast<double>(random() % 1000) / 7.0);
    }
    random() % 8 == 0 ? words.append_null() : words.append_string("w" + std::to_string(random() % 20));
  }
  Schema schema({{"price", TypeKind::kFloat64}, {"word", TypeKind::kString}});
  return {std::make_shared<const Schema>(std::move(schema)), {numbers.finish(), words.finish()}, row_count};
}

/// Batches of rows of `values`, picked at random, some of none; both columns share their codes.
Table coded_rows(MemoryBudget& memory, std::mt19937_64& random, const Batch& values, int batch_count) {
  Table table{values.schema, {}};
  std::vector<std::shared_ptr<const Column>> dictionaries;
  for (const Column& column : values.columns) dictionaries.push_back(std::make_shared<const Column>(column));
  for (int i = 0; i < batch_count; ++i) {
    std::int64_t rows = static_cast<std::int64_t>(1 + random() % 50);
    auto codes = Buffer::allocate(memory, static_cast<std::size_t>(rows) * sizeof(std::int32_t));
    for (std::int64_t row = 0; row < rows; ++row) {
      bool matches = random() % 10 != 0;
      codes->mutable_as<std::int32_t>()[row] =
          matches ? static_cast<std::int32_t>(random() % static_cast<std::uint64_t>(values.row_count)) : -1;
    }
    Batch batch{values.schema, {}, rows};
    for (const auto& dictionary : dictionaries) batch.columns.push_back(Column::dictionary(rows, codes, dictionary));
    table.batches.push_back(std::move(batch));
  }
  return table;
}

FeatureSpec feature(const std::string& name, const std::string& from, std::vector<TransformSpec> transforms) {
  FeatureSpec spec;
  spec.name = name;
  spec.inputs = {parse_expr(from)};
  spec.transforms = std::move(transforms);
  return spec;
}

std::string fitted_state(const Table& table, std::size_t thread_count) {
  TransformSpec fill{"fill", {{"with", Value::string("median")}}, {}};
  TransformSpec quantiles{"bucketize", {{"quantiles", Value::int64(5)}}, {}};
  std::vector<FeatureSpec> specs = {
      feature("a", "price", {fill, {"standardize", {}, {}}}), feature("b", "log1p(price)", {{"standardize", {}, {}}}),
      feature("c", "coalesce(price, -1.0)", {quantiles}), feature("d", "word", {{"vocabulary", {}, {}}}),
      feature("e", "price", {{"min_max", {}, {}}})};
  FeatureSet features(specs, *table.schema);
  RunContext context;
  context.thread_count = thread_count;
  Spool rows(table.schema, context);
  rows.start(1);
  for (const Batch& batch : table.batches) rows.append(batch, 0);
  rows.finish();
  fit_features(features, rows, context);
  return features.state(rows.row_count()).to_json();
}

}  // namespace

TEST_CASE("rows in dictionary layout are fitted to the state of plain rows, bit for bit") {
  auto memory = MemoryBudget::create();
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    Table coded = coded_rows(*memory, random, dimension(*memory, random, static_cast<std::int64_t>(1 + seed * 37)), 30);
    Table plain = coded;
    for (Batch& batch : plain.batches) batch = flatten(*memory, batch);
    std::string expected = fitted_state(plain, 1);
    CHECK(fitted_state(coded, 1) == expected);
    CHECK(fitted_state(coded, 3) == expected);
  }
}

}  // namespace headrace
