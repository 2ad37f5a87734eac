// That shared parts are found, evaluated once, and change no result.
#include "headrace/expr/shared_parts.h"

#include <doctest/doctest.h>

#include "headrace/expr/check_expr.h"

namespace headrace {
namespace {

struct Fixture {
  std::shared_ptr<const Schema> schema =
      std::make_shared<const Schema>(std::vector<Field>{{"x", TypeKind::kInt64}, {"y", TypeKind::kInt64}});
  Batch batch{schema, {column_of("int64", {"5", "0", "null", "7"}), column_of("int64", {"1", "0", "2", "0"})}, 4};

  std::vector<BoundExprPtr> shared(const std::vector<std::string>& texts) {
    std::vector<BoundExprPtr> bound;
    for (const std::string& text : texts) bound.push_back(bind(parse_expr(text), *schema));
    return share_equal_parts(bound);
  }
};

}  // namespace

TEST_CASE("equal parts of expressions become one object, and only those") {
  Fixture f;
  std::vector<BoundExprPtr> exprs = f.shared({"(x + y) * 2", "(x + y) * 3", "x + y", "y + x", "x + 1"});
  CHECK(exprs[0]->args[0] == exprs[1]->args[0]);
  CHECK(exprs[0]->args[0] == exprs[2]);
  CHECK(exprs[2]->is_shared);
  CHECK(exprs[3] != exprs[2]);
  CHECK_FALSE(exprs[0]->is_shared);
  CHECK_FALSE(exprs[4]->is_shared);
  // Literals of different types, and zeros of either sign, are not equal.
  exprs = f.shared({"cast(x as float64) + 0.0", "cast(x as float64) + -0.0", "x + 1", "cast(x as float64) + 1.0"});
  CHECK(exprs[0] != exprs[1]);
  CHECK(exprs[0]->args[0] == exprs[3]->args[0]);
}

TEST_CASE("a shared part is evaluated once for a batch, and anew for another one") {
  Fixture f;
  std::vector<BoundExprPtr> exprs = f.shared({"(x + y) * 2", "(x + y) * 3"});
  EvalContext context(check_memory());
  context.share_results_of(f.batch);
  CHECK(context.shared_result(*exprs[0]->args[0], f.batch) == nullptr);
  CHECK(cells_of_column(evaluate(*exprs[0], f.batch, context)) == Cells{"12", "0", "null", "14"});
  REQUIRE(context.shared_result(*exprs[0]->args[0], f.batch) != nullptr);
  CHECK(cells_of_column(evaluate(*exprs[1], f.batch, context)) == Cells{"18", "0", "null", "21"});
  Batch other = f.batch.slice(3, 1);
  CHECK(cells_of_column(evaluate(*exprs[1], other, context)) == Cells{"21"});
  CHECK(context.shared_result(*exprs[0], f.batch) == nullptr);  // occurs once
}

TEST_CASE("a part that fails on rows of another branch does not fail because it is shared") {
  Fixture f;
  std::vector<BoundExprPtr> exprs =
      f.shared({"case when y = 0 then 0 else x div y end", "case when y <> 0 then x div y else -1 end"});
  REQUIRE(exprs[0]->args[2]->is_shared);
  EvalContext context(check_memory());
  context.share_results_of(f.batch);
  CHECK(cells_of_column(evaluate(*exprs[0], f.batch, context)) == Cells{"5", "0", "null", "0"});
  CHECK(cells_of_column(evaluate(*exprs[1], f.batch, context)) == Cells{"5", "-1", "null", "-1"});
}

TEST_CASE("values that were evaluated on all rows serve the branches of a choice") {
  Fixture f;
  std::vector<BoundExprPtr> exprs = f.shared({"case when x * 2 < 1 then 1 when x * 2 > 12 then 12 else x * 2 end"});
  EvalContext context(check_memory());
  context.share_results_of(f.batch);
  CHECK(cells_of_column(evaluate(*exprs[0], f.batch, context)) == Cells{"10", "1", "null", "12"});
}

}  // namespace headrace
