// That results for dictionaries are those for rows, are found once, and never end a run by a value that no row has.
#include "headrace/expr/dictionary_cache.h"

#include <doctest/doctest.h>

#include "headrace/column/column_builder.h"
#include "headrace/expr/check_expr.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

Column coded_by(const std::vector<std::int32_t>& codes, const std::shared_ptr<const Column>& values) {
  auto buffer = Buffer::allocate(check_memory(), codes.size() * sizeof(std::int32_t));
  std::copy(codes.begin(), codes.end(), buffer->mutable_as<std::int32_t>());
  return Column::dictionary(static_cast<std::int64_t>(codes.size()), buffer, values);
}

struct Fixture {
  std::shared_ptr<const Column> values = std::make_shared<const Column>(column_of("int64", {"5", "0", "null", "7"}));
  std::shared_ptr<const Schema> schema = std::make_shared<const Schema>(std::vector<Field>{{"x", TypeKind::kInt64}});
  DictionaryCache cache;
  EvalContext context{check_memory(), &cache};

  Batch batch(const std::vector<std::int32_t>& codes) {
    return {schema, {coded_by(codes, values)}, static_cast<std::int64_t>(codes.size())};
  }
  BoundExprPtr expr(std::string_view text) { return bind(parse_expr(text), *schema); }
};

TEST_CASE("a result for a dictionary is found once and coded like the rows") {
  Fixture f;
  BoundExprPtr expr = f.expr("x + 1");
  Column first = evaluate_coded(*expr, f.batch({0, 0, 3, 1}), f.context);
  Column second = evaluate_coded(*expr, f.batch({2, 0}), f.context);
  REQUIRE(first.is_dictionary());
  CHECK(first.dictionary() == second.dictionary());
  CHECK(cells_of_column(first) == Cells{"6", "6", "8", "1"});
  CHECK(cells_of_column(second) == Cells{"null", "6"});
}

TEST_CASE("rows without a value get what a null gives") {
  Fixture f;
  CHECK(cells_of_column(evaluate_coded(*f.expr("coalesce(x, -1) * 2"), f.batch({0, -1, 2, 3}), f.context)) ==
        Cells{"10", "-2", "-2", "14"});
  CHECK(cells_of_column(evaluate_coded(*f.expr("x * 2"), f.batch({0, -1, 2, 3}), f.context)) ==
        Cells{"10", "null", "null", "14"});
}

TEST_CASE("a value that no row has does not fail, one that a row has does") {
  Fixture f;
  BoundExprPtr expr = f.expr("10 div x");
  CHECK(cells_of_column(evaluate(*expr, f.batch({0, 0, 2, 3}), f.context)) == Cells{"2", "2", "null", "1"});
  CHECK(error_of([&] { evaluate(*expr, f.batch({0, 1}), f.context); }).starts_with("division by zero"));
}

TEST_CASE("a dictionary larger than the rows is evaluated after a quarter as many rows") {
  Fixture f;
  Cells many;
  for (int i = 0; i < 40; ++i) many.push_back(std::to_string(i));
  f.values = std::make_shared<const Column>(column_of("int64", many));
  BoundExprPtr expr = f.expr("x + 1");
  CHECK_FALSE(evaluate_coded(*expr, f.batch({0, 1, 2, 3}), f.context).is_dictionary());
  CHECK_FALSE(evaluate_coded(*expr, f.batch({4, 5, 6, 7}), f.context).is_dictionary());
  Column last = evaluate_coded(*expr, f.batch({39, 9}), f.context);
  CHECK(last.is_dictionary());
  CHECK(cells_of_column(last) == Cells{"40", "10"});
}

TEST_CASE("a dictionary of dictionary columns is evaluated on the innermost values") {
  Fixture f;
  auto inner = std::make_shared<const Column>(coded_by({0, 3, -1, 0, 3, 2, 1, 0}, f.values));
  f.values = inner;
  CHECK(cells_of_column(evaluate(*f.expr("coalesce(x, 1) + 1"), f.batch({7, 6, 5, 4, 3, 2, 1, 0, -1}), f.context)) ==
        Cells{"6", "1", "2", "8", "6", "2", "8", "6", "2"});
}

TEST_CASE("results go with their dictionaries") {
  Fixture f;
  BoundExprPtr expr = f.expr("x + 1");
  std::size_t used = 0;
  for (int round = 0; round < 5; ++round) {
    f.values = std::make_shared<const Column>(column_of("int64", {"1", "2", "3"}));
    EvalContext context(check_memory(), &f.cache);
    CHECK(cells_of_column(evaluate_coded(*expr, f.batch({0, 1, 2}), context)) == Cells{"2", "3", "4"});
    if (round == 1) used = check_memory().used_bytes();
  }
  CHECK(check_memory().used_bytes() <= used);
}

TEST_CASE("columns that share codes of a large table are flattened to what they are alone") {
  constexpr std::int32_t kValues = 40'000;
  auto table_column = [](const Type& type, std::int32_t factor) {
    ColumnBuilder builder(check_memory(), type);
    for (std::int64_t i = 0; i < kValues; ++i) builder.append(i * factor);
    return std::make_shared<const Column>(builder.finish());
  };
  std::vector<std::shared_ptr<const Column>> tables = {
      table_column(TypeKind::kInt64, 1), table_column(TypeKind::kInt64, -3), table_column(TypeKind::kTimestamp, 1000)};
  FlattenCache cache;
  for (std::int32_t batch = 0; batch < 6; ++batch) {
    std::vector<std::int32_t> codes;
    for (std::int32_t i = 0; i < 9000; ++i) codes.push_back(i % 100 == batch ? -1 : i * 7919 % kValues);
    Column coded = coded_by(codes, tables[0]);
    BatchFlattener flattener(check_memory(), &cache);
    // The third table joins later than the first records are made.
    for (std::size_t i = 0; i < (batch < 3 ? 2U : 3U); ++i) {
      Column column = Column::dictionary(coded, tables[i]);
      CHECK(cells_of_column(flattener.flatten(column)) == cells_of_column(flatten(check_memory(), column)));
    }
    auto known = cache.set_of(tables[0])->lock();
    CHECK((known->table != nullptr) == (batch >= 1));
    CHECK(known->tabled_count == (batch == 0 ? 0 : batch < 4 ? 2 : 3));
  }
}

TEST_CASE("columns are flattened one by one when records do not fit into memory") {
  ColumnBuilder builder(check_memory(), TypeKind::kInt64);
  for (std::int64_t i = 0; i < 40'000; ++i) builder.append(i);
  std::vector<std::shared_ptr<const Column>> tables = {std::make_shared<const Column>(builder.finish()), nullptr};
  tables[1] = std::make_shared<const Column>(*tables[0]);
  auto small = MemoryBudget::create(1 << 20);  // a sixteenth of it is less than 40,000 records
  FlattenCache cache;
  for (std::int32_t batch = 0; batch < 4; ++batch) {
    Column coded = coded_by(std::vector<std::int32_t>(9000, batch), tables[0]);
    BatchFlattener flattener(*small, &cache);
    for (const auto& table : tables) {
      Column flat = flattener.flatten(Column::dictionary(coded, table));
      CHECK(flat.values<std::int64_t>()[8999] == batch);
    }
  }
  CHECK(cache.set_of(tables[0])->lock()->table == nullptr);
  CHECK(cache.set_of(tables[0])->lock()->tabled_count == 2);
}

}  // namespace
}  // namespace headrace
